import { expect, test } from 'vitest';
import { randomFrom, walCampaign } from './wal-campaign.ts';

test('runs that are broken off lose no WAL, and the server drops none that is not stored', async () => {
  const done = await walCampaign(4, randomFrom(7));
  expect(Object.values(done).reduce((sum, one) => sum + one, 0)).toBe(4);
});
