import { expect, test } from 'vitest';
import { randomFrom } from '../campaign/points.ts';
import { walCampaign } from './wal-campaign.ts';

const FAULTS = Number(process.env.WAL_FAULTS ?? 300);
const SEED = Number(process.env.WAL_SEED ?? 1 + (Date.now() % 1_000_000));

test(`${FAULTS} faults lose no WAL that is not named, and what was copied meanwhile can be recovered`, async () => {
  process.stdout.write(`WAL_SEED=${SEED}\n`);
  const figures = await walCampaign({
    ...{ faults: FAULTS, random: randomFrom(SEED), form: 'long' },
    onFault: (what) => process.stdout.write(`${what}\n`),
  });
  console.log({ seed: SEED, ...figures });
  expect(Object.values(figures.faults).reduce((sum, one) => sum + one, 0)).toBe(FAULTS);
}, 7_200_000);
