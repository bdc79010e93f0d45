import { expect, test } from 'vitest';
import { randomFrom } from '../campaign/points.ts';
import { walCampaign } from './wal-campaign.ts';

test('runs that are broken off lose no WAL, and the server hears of none that is not stored', async () => {
  const { faults } = await walCampaign({ faults: 4, random: randomFrom(7), form: 'short' });
  expect(Object.values(faults)).toEqual([1, 1, 1, 1]);
});
