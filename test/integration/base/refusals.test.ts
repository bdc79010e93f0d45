import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { PASSWORD, startTestPostgres, type TestPostgres } from '../../support/servers/postgres.ts';
import { startReplication } from '../../support/servers/standby.ts';
import { baseWorld } from '../../support/world/base-world.ts';
import { SLOT, writeWal } from '../../support/world/wal-world.ts';

let postgres: TestPostgres;

beforeAll(async () => {
  postgres = await startTestPostgres({ settings: { full_page_writes: 'on', max_wal_senders: '1' } });
  const password = PASSWORD.replaceAll("'", "''");
  await postgres.sql('postgres', `CREATE ROLE shopkeeper LOGIN PASSWORD '${password}'`);
  await postgres.sql('postgres', `CREATE ROLE archivist LOGIN REPLICATION PASSWORD '${password}'`);
  await postgres.sql('postgres', 'REVOKE CONNECT ON DATABASE postgres FROM PUBLIC');
});
afterAll(() => postgres?.end());

test('no slot, a role that may not, no walsender left: each says what to do, and nothing is stored', async () => {
  const here = await baseWorld(postgres);
  await expect(here.take({ as: { user: 'shopkeeper' } })).rejects.toMatchObject({
    ...{ name: 'ConfigError', hint: expect.stringContaining('LOGIN REPLICATION') },
  });
  const following = here.archive({ mode: 'follow', partialEveryMs: 1_000 });
  following.catch(() => {});
  while ((await postgres.sql('postgres', 'SELECT FROM pg_replication_slots WHERE active')).length === 0);
  await expect(here.take()).rejects.toMatchObject({
    ...{ name: 'DumpError', hint: expect.stringContaining('max_wal_senders') },
  });
  await postgres.sql('postgres', `SELECT pg_terminate_backend(active_pid, 10000) FROM pg_replication_slots`);
  await following.catch(() => {});
  // One walsender is enough; a role without a database of its own, too.
  expect(await here.stored({ as: { user: 'archivist' } })).not.toHaveProperty('nextXid');
  await postgres.sql('postgres', `SELECT pg_drop_replication_slot('${SLOT}')`);
  await expect(here.take()).rejects.toMatchObject({
    ...{ name: 'ConfigError', hint: expect.stringContaining('pgvouch slot create') },
  });
  expect((await here.bases()).filter((key) => key.endsWith('base.json'))).toHaveLength(1);
});

test('a server without replication says which settings it lacks', async () => {
  const minimal = await startTestPostgres({ settings: { wal_level: 'minimal', max_wal_senders: '0' } });
  onTestFinished(() => minimal.end());
  const here = await baseWorld(postgres);
  onTestFinished(async () => void (await postgres.sql('postgres', `SELECT pg_drop_replication_slot('${SLOT}')`)));
  await expect(here.take({ as: minimal.target })).rejects.toMatchObject({
    hint: expect.stringMatching(/max_wal_senders.*wal_level/),
  });
});

test('a standby gives one, too; if it is promoted meanwhile, that one does not count', async () => {
  const { primary, standby, caughtUp, end } = await startReplication({ full_page_writes: 'on' });
  onTestFinished(end);
  await writeWal(primary, 2);
  await caughtUp();
  const here = await baseWorld(standby);
  const base = await here.stored();
  expect(base).toMatchObject({ timeline: 1, tablespaces: [{ file: 'base.tar.zst' }] });
  await here.expectSameBytes();

  const promoting = {
    ...here.vault,
    async upload(...[key, body, options]: Parameters<typeof here.vault.upload>) {
      // The server has not sent all of it yet.
      if (key.endsWith('.tar.zst')) await standby.sql('postgres', 'SELECT pg_promote()');
      await here.vault.upload(key, body, options);
    },
  };
  await expect(here.take({ through: promoting })).rejects.toMatchObject({ name: 'DumpError' });
  expect((await here.bases()).filter((key) => key.endsWith('base.json'))).toHaveLength(1);
  expect(await here.stored()).toMatchObject({ timeline: 2 });
});
