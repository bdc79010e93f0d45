import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { recover } from '../../../functions/by-hand/recover/recover.ts';
import type { RecoverRequest } from '../../../functions/by-hand/recover/request.ts';
import { combineProgram } from '../../../layers/postgres/programs/client-programs.ts';
import { preparePlace } from '../../../layers/recovery/data-directory.ts';
import { baseOf } from '../../support/world/stored-bases.ts';

const NOWHERE = path.join(tmpdir(), 'pgvouch-is-never-made');

test('a tablespace that nothing says where to put is refused before anything is fetched, with the option for it', async () => {
  const stored = baseOf({ startedAt: new Date('2026-11-22T01:30:00Z'), startLsn: 0x100000n, stopLsn: 0x100100n });
  const [main] = stored.base.tablespaces;
  const tablespaces = [main, { ...main, file: '16385.tar.zst', oid: '16385', location: '/mnt/fast disk' }];
  const base = { ...stored.base, tablespaces };
  const request = { plan: { chain: [{ ...stored, base }] }, dataDir: NOWHERE, tablespaces: new Map() };
  await expect(recover({} as never, request as unknown as RecoverRequest)).rejects.toMatchObject({
    ...{ name: 'ConfigError', problem: expect.stringContaining('the cluster has tablespaces at /mnt/fast disk') },
    hint: "--tablespace '/mnt/fast disk=<an empty folder>'",
  });
});

test('a folder with too little room is refused', async () => {
  await expect(preparePlace(NOWHERE, 2 ** 60)).rejects.toMatchObject({
    ...{
      name: 'ConfigError',
      problem: expect.stringMatching(/^the cluster's files have \d+ bytes, but only \d+ are free there$/),
    },
    hint: 'name a folder with more room',
  });
});

test('a folder that cannot be made is refused with what the machine says', async () => {
  await expect(preparePlace(path.join('/dev/null', 'data'), 0)).rejects.toMatchObject({
    ...{ name: 'ConfigError', operation: 'restore into', problem: expect.stringMatching(/^ENOTDIR: /) },
    hint: 'name a folder that you may make and write',
  });
});

test('increments without the pg_combinebackup of their major are refused', () => {
  const clients = [{ major: 18, pgCombinebackup: '/usr/lib/postgresql/18/bin/pg_combinebackup' }] as never;
  expect(combineProgram(clients, 18)).toContain('/18/');
  expect(() => combineProgram(clients, 17)).toThrow(
    expect.objectContaining({
      ...{ name: 'ConfigError', problem: 'the client programs here have none of that major' },
      hint: expect.stringContaining('PG_CLIENT_DIR'),
    }),
  );
});
