import { expect, test } from 'vitest';
import { count } from '../../../layers/words/counts.ts';

test('counts', () => {
  expect([count(1, 'backup'), count(2_000, 'backup')]).toEqual(['1 backup', '2,000 backups']);
});
