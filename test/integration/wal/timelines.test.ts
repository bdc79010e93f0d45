import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { startDeadline } from '../../../layers/deadline/deadline.ts';
import { startTestPostgres, type TestPostgres } from '../../support/servers/postgres.ts';
import { startCopy } from '../../support/servers/standby.ts';
import { SLOT, switchWal, walWorld, writeWal } from '../../support/world/wal-world.ts';

const HBA = 'host replication all 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n';

let primary: TestPostgres;

beforeAll(async () => {
  primary = await startTestPostgres({ hba: HBA, settings: { full_page_writes: 'on' } });
});
afterAll(() => primary?.end());

async function standby(): Promise<TestPostgres> {
  const server = await startCopy(primary, {
    ...{ hot_standby: 'on', primary_conninfo: `host=127.0.0.1 port=${primary.target.port} user=postgres` },
  });
  onTestFinished(() => server.end());
  const [at] = await primary.sql<{ lsn: string }>('postgres', 'SELECT pg_current_wal_flush_lsn()::text AS lsn');
  const reached = `SELECT 1 WHERE pg_last_wal_replay_lsn() >= '${at?.lsn}'`;
  while ((await server.sql('postgres', reached)).length === 0);
  return server;
}

test('a promotion between two runs: the tail of the old timeline, the history, then the new one', async () => {
  const server = await standby();
  const here = await walWorld(server);
  await writeWal(primary, 1);
  expect(await here.archive()).toMatchObject({ timeline: 1, caughtUp: true });
  await writeWal(primary, 1);
  await server.sql('postgres', 'SELECT pg_promote()');
  await writeWal(server, 17);

  expect(await here.archive()).toMatchObject({ timeline: 2, caughtUp: true });
  const names = await here.names();
  const second = names.filter((name) => name.startsWith('00000002'));
  expect(second[0]).toBe('00000002.history');
  expect(second.length).toBeGreaterThanOrEqual(3);
  await here.expectSameBytes();
  expect(await here.archive()).toMatchObject({ timeline: 2, segments: 0, caughtUp: true });
});

test('a promotion during a run that follows', async () => {
  const server = await standby();
  const here = await walWorld(server);
  const end = new AbortController();
  const deadline = startDeadline({ getRemainingTimeInMillis: () => 100_000, signal: end.signal }, 'wal');
  const following = here.archive({ mode: 'follow', partialEveryMs: 50, deadline });
  following.catch(() => {});
  while (!(await here.names()).some((name) => name.includes('partial'))) await writeWal(primary, 0);
  await server.sql('postgres', 'SELECT pg_promote()');
  while (!(await here.names()).some((name) => /^00000002.*partial/.test(name))) await writeWal(server, 0);
  await here.expectSameBytes();
  end.abort();
  await expect(following).rejects.toMatchObject({ name: 'Stopped' });
  deadline.clear();
});

test('a copy of the server: behind the bucket it stops, and WAL of its own is not mixed in', async () => {
  await primary.sql('postgres', 'CHECKPOINT');
  const copy = await startCopy(primary);
  onTestFinished(() => copy.end());
  const here = await walWorld(primary);
  onTestFinished(async () => void (await primary.sql('postgres', `SELECT pg_drop_replication_slot('${SLOT}')`)));
  await copy.sql('postgres', `SELECT pg_create_physical_replication_slot('${SLOT}', true)`);
  await writeWal(primary, 20);
  await here.archive();
  const before = await here.names();

  await expect(here.archive({ of: copy })).rejects.toMatchObject({
    name: 'ConfigError',
    problem: expect.stringContaining('SERVER_BEHIND_BUCKET'),
  });
  await writeWal(copy, 24);
  await expect(here.archive({ of: copy })).rejects.toMatchObject({
    name: 'VaultError',
    problem: expect.stringContaining('other WAL'),
  });
  expect(await here.names()).toEqual(before);
  await writeWal(primary, 1);
  expect(await here.archive()).toMatchObject({ caughtUp: true });
});

test('a slot that is missing, or was lost, says what to do; a new one leaves a gap, which is reported', async () => {
  const server = await startTestPostgres();
  onTestFinished(() => server.end());
  const here = await walWorld(server);
  await writeWal(server, 1);
  await here.archive();

  await server.sql('postgres', `ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'`);
  await server.sql('postgres', 'SELECT pg_reload_conf()');
  for (let round = 0; round < 4; round++) await switchWal(server);
  await server.sql('postgres', 'CHECKPOINT');
  await expect(here.archive()).rejects.toMatchObject({
    name: 'DumpError',
    problem: expect.stringContaining('keeps no WAL for it any more'),
    hint: expect.stringContaining('base backup'),
  });

  await server.sql('postgres', `SELECT pg_drop_replication_slot('${SLOT}')`);
  await expect(here.archive()).rejects.toMatchObject({
    name: 'ConfigError',
    hint: expect.stringContaining('pgvouch slot create'),
  });
  await server.sql('postgres', `SELECT pg_create_physical_replication_slot('${SLOT}', true)`);
  const answer = await here.archive();
  expect(answer).toMatchObject({ outcome: 'stored', caughtUp: true, gap: { from: expect.any(String) } });
  expect(here.log.join('')).toContain('WAL is missing that the server no longer keeps');
  // Once.
  await writeWal(server, 1);
  expect(await here.archive()).not.toHaveProperty('gap');
});
