import { expect, test } from 'vitest';
import { openLag } from '../../bench/benches/pitr-lag.ts';

test('the lag is the age of the oldest WAL that is not there', () => {
  const lag = openLag(['ours']);
  lag.look(0, 100n, { ours: 0n });
  lag.look(1, 200n, { ours: 100n });
  lag.look(2, 300n, { ours: 100n });
  lag.look(3, 300n, { ours: 300n });
  // Since 1 s the server has had more than 100: 0 s, 1 s, and then nothing is missing.
  expect(lag.lags()).toEqual([{ name: 'ours', p50S: 0, p95S: 1, maxS: 1, maxBytes: 200 }]);
});
