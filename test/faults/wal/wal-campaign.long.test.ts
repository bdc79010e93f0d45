import { expect, test } from 'vitest';
import { randomFrom, walCampaign } from './wal-campaign.ts';

const FAULTS = Number(process.env.WAL_FAULTS ?? 300);

test(`${FAULTS} faults lose no WAL, and the server drops none that is not stored`, async () => {
  const seed = 1 + (Date.now() % 1_000_000);
  const done = await walCampaign(FAULTS, randomFrom(seed));
  console.log({ seed, ...done });
  expect(Object.values(done).reduce((sum, one) => sum + one, 0)).toBe(FAULTS);
}, 3_600_000);
