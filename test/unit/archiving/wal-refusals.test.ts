import { expect, test } from 'vitest';
import {
  badHistory,
  explainRefusal,
  isSlotBusy,
  otherSegmentSize,
  serverBehindBucket,
  slotGone,
} from '../../../layers/archiving/refusals.ts';
import { replicationError } from '../../../layers/postgres/replication/replication-error.ts';

/** As node-postgres gives what the server refused. */
function refused(code: string, message: string): unknown {
  return replicationError('stream WAL from', 'db:5432', Object.assign(new Error(message), { code }));
}

test.each([
  ['42704', 'replication slot "pgvouch" does not exist', /no replication slot of this name/, /pgvouch slot create/],
  [
    '55000',
    'can no longer get changes from replication slot',
    /keeps no WAL for it any more/,
    /slot drop.*slot create/,
  ],
  [
    '58P01',
    'requested WAL segment 000000010000000000000001 has already been removed',
    /already been removed/,
    /0\/100000 on|base backup/,
  ],
])('what the server refuses a stream with, %s: what it means, and what to do', (code, message, problem, hint) => {
  expect(explainRefusal(refused(code, message), 'pgvouch', 0x100000n)).toMatchObject({
    ...{ operation: 'archive WAL of', problem: expect.stringMatching(problem), hint: expect.stringMatching(hint) },
  });
});

test('any other refusal speaks for itself; a slot in use is not one', () => {
  const other = refused('57P01', 'terminating connection');
  expect(explainRefusal(other, 'pgvouch', 0n)).toBe(other);
  expect(isSlotBusy(refused('55006', 'replication slot "pgvouch" is active for PID 7'))).toBe(true);
  expect(isSlotBusy(other)).toBe(false);
});

test.each([
  [slotGone({ slot: 'pgvouch', slotState: 'missing' }), 'ConfigError', /no replication slot/, /a person makes it/],
  [slotGone({ slot: 'pgvouch', slotState: 'lost' }), 'DumpError', /keeps no WAL/, /base backup/],
  [
    serverBehindBucket({ flushedTo: 0x100000n, timeline: 1, systemIdentifier: '7', major: 18 }, { lsn: 0x200000n }),
    ...([
      'ConfigError',
      /SERVER_BEHIND_BUCKET: .* up to 0\/200000, .* come to 0\/100000 only/,
      /BACKUP_PREFIX/,
    ] as const),
  ],
  [badHistory(3), 'DumpError', /history file of this timeline cannot be read/, /pg_wal/],
  [
    otherSegmentSize('.clusters/7/cluster.json', 16_777_216, 67_108_864),
    ...(['VaultError', /have 16777216 bytes, but the server's have 67108864/, /pg_resetwal/] as const),
  ],
])('%s', (error, name, problem, hint) => {
  expect(error).toMatchObject({ name, problem: expect.stringMatching(problem), hint: expect.stringMatching(hint) });
});
