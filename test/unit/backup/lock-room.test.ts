import { expect, test } from 'vitest';
import { locksNeeded } from '../../../layers/backup/lock-room.ts';

test.each([
  { tables: 600, locksPerTransaction: 10, connections: 20 },
  { tables: 100_000, locksPerTransaction: 64, connections: 100 },
  { tables: 1, locksPerTransaction: 64, connections: 1 },
])('as many locks per transaction as make room for $tables tables beside what there is', ({ tables, ...room }) => {
  const added = locksNeeded(tables, room) - room.locksPerTransaction;
  expect(added * room.connections).toBeGreaterThan(tables);
  expect((added - 1) * room.connections).toBeLessThan(1.5 * tables);
});
