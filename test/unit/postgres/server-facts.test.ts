import { expect, test } from 'vitest';
import { replicationError } from '../../../layers/postgres/replication/replication-error.ts';
import { bytesOf, majorOf } from '../../../layers/postgres/replication/server-facts.ts';

test('a server that is too old for point-in-time recovery is refused, and dumps go on', () => {
  expect(majorOf('150018', 'db:5432')).toBe(15);
  expect(() => majorOf('140023', 'db:5432')).toThrow(
    expect.objectContaining({
      ...{ name: 'ConfigError', problem: 'point-in-time recovery needs PostgreSQL 15 or newer, and this is 14' },
      hint: expect.stringContaining('dumps go on'),
    }),
  );
});

test('sizes, as SHOW writes them', () => {
  expect(['0', '16MB', '1GB', '64kB', '8B', '2TB'].map(bytesOf)).toEqual([
    ...[0, 16_777_216, 1_073_741_824, 65_536, 8, 2_199_023_255_552],
  ]);
  expect(() => bytesOf('-1')).toThrow('the server states a size as -1');
});

test.each([
  // As RDS, Aurora, Cloud SQL and Azure have it: no line of pg_hba.conf lets replication in.
  [
    '28000',
    'no pg_hba.conf entry for replication connection from host "10.0.0.7", user "archivist", SSL encryption',
    ...(['ConfigError', /RDS, Aurora, Cloud SQL and Azure allow none: leave PITR off there; dumps go on/] as const),
  ],
  ['28P01', 'password authentication failed for user "archivist"', 'ConfigError', /REPLICATION_PASSWORD/],
  ['42501', 'permission denied to start WAL sender', 'ConfigError', /LOGIN REPLICATION/],
  ['42501', 'must be superuser or replication role to start walsender', 'ConfigError', /LOGIN REPLICATION/],
  ['53300', 'number of requested standby connections exceeds max_wal_senders', 'DumpError', /max_wal_senders/],
])('a server that refuses replication with %s %s: the error and its hint', (code, message, name, hint) => {
  const said = Object.assign(new Error(message), { code });
  const error = replicationError('connect for replication to', 'db:5432', said);
  expect(error).toMatchObject({ name, problem: `${message} (SQLSTATE ${code})`, hint: expect.stringMatching(hint) });
});
