import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { openVault, type Vault } from '../../../layers/vault/vault.ts';
import { parseBase } from '../../../layers/wal/base.ts';
import { baseKey } from '../../../layers/wal/keys.ts';
import { parseLsn } from '../../../layers/wal/lsn.ts';
import { PASSWORD, startTestPostgres, type TestPostgres } from '../../support/servers/postgres.ts';
import { startStoreProxy } from '../../support/servers/store-proxy.ts';
import { type BaseWorld, baseWorld } from '../../support/world/base-world.ts';
import { SLOT, switchWal, writeWal } from '../../support/world/wal-world.ts';

let postgres: TestPostgres;
let here: BaseWorld;

beforeAll(async () => {
  postgres = await startTestPostgres({ settings: { full_page_writes: 'on' } });
});
afterAll(() => postgres?.end());

beforeEach(async () => {
  here = await baseWorld(postgres);
});
afterEach(async () => {
  await sql(`SELECT pg_terminate_backend(active_pid, 10000) FROM pg_replication_slots WHERE active`);
  await sql(`SELECT pg_drop_replication_slot('${SLOT}')`);
});

const sql = <T extends Record<string, unknown>>(text: string) => postgres.sql<T>('postgres', text);

test('its files, its WAL, then base.json, which says what they are', async () => {
  await writeWal(postgres, 3);
  const base = await here.stored();
  const [control] = await sql<{ id: string; version: string; at: Date; xid: string }>(
    `SELECT system_identifier::text AS id, current_setting('server_version') AS version, clock_timestamp() AS at,
       pg_snapshot_xmax(pg_current_snapshot())::text AS xid FROM pg_control_system()`,
  );
  const name = { systemIdentifier: control?.id ?? '', startedAt: new Date(base.startedAt) };
  const key = baseKey(here.vault.prefix, name);
  expect(parseBase((await here.vault.getText(key)) ?? '', key)).toEqual(base);
  expect(base).toMatchObject({
    ...{ timeline: 1, segmentSizeBytes: 16 * 1024 ** 2, label: `pgvouch ${base.startedAt}` },
    ...{ server: { version: control?.version, major: 18, name: `127.0.0.1:${postgres.target.port}` } },
    ...{ checksums: true, nextXid: control?.xid, tablespaces: [{ file: 'base.tar.zst' }] },
  });
  expect(base).not.toHaveProperty('parent');
  expect(Date.parse(base.stoppedAt)).toBeLessThanOrEqual((control?.at.getTime() ?? 0) + 1);
  expect(base.contentBytes).toBeGreaterThan(20_000_000);

  for (const { file, sizeBytes, sha256 } of [...base.tablespaces, base.manifest]) {
    const bytes = await here.file(base, file);
    expect({ sizeBytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }).toEqual({
      ...{ sizeBytes, sha256 },
    });
  }
  // The server is told of it, so all of it is in the bucket.
  const [slot] = await sql<{ lsn: string }>('SELECT restart_lsn::text AS lsn FROM pg_replication_slots');
  expect(parseLsn(slot?.lsn ?? '') ?? 0n).toBeGreaterThanOrEqual(parseLsn(base.stopLsn) ?? 0n);
  await here.expectSameBytes();
  const log = here.log.join('');
  expect(log).toContain('base backup stored');
  expect(log).not.toContain(PASSWORD.slice(0, 6));
});

test('fired twice: the second delivery finds the first one, and of two at once one counts', async () => {
  const startedAt = new Date('2026-11-22T01:30:00Z');
  const first = await here.stored({ startedAt });
  expect(await here.take({ startedAt })).toEqual({ outcome: 'there', ...first });

  const later = new Date('2026-11-23T01:30:00Z');
  const answers = await Promise.all([here.take({ startedAt: later }), here.take({ startedAt: later })]);
  expect(answers.map(({ outcome }) => outcome).sort()).toEqual(['stored', 'there']);
  const [one, other] = answers.map((answer) => (answer.outcome === 'skipped' ? answer.why : answer.attempt));
  expect(one).toBe(other);
  expect((await here.bases()).filter((key) => key.endsWith('base.json'))).toHaveLength(2);
});

test('while another run has the slot, its WAL is waited for', async () => {
  const stop = new AbortController();
  const startedAt = performance.now();
  const deadline = {
    ...{ remainingMs: 90_000, signal: stop.signal, clear() {} },
    usedMs: () => performance.now() - startedAt,
  };
  const following = here.archive({ mode: 'follow', partialEveryMs: 50, deadline });
  following.catch(() => {});
  while ((await sql('SELECT FROM pg_replication_slots WHERE active')).length === 0);
  await here.stored();
  expect(here.log.join('')).toContain('another run is at work');
  stop.abort(new Error('ended'));
  await expect(following).rejects.toThrow('ended');
});

test('WAL that the bucket lacks, and the server has forgotten: it does not count', async () => {
  await writeWal(postgres, 1);
  const forgetful: Vault = {
    ...here.vault,
    async upload(key, body, options) {
      await here.vault.upload(key, body, options);
      if (!key.endsWith('backup_manifest')) return;
      await switchWal(postgres);
      await sql(`SELECT pg_replication_slot_advance('${SLOT}', pg_current_wal_flush_lsn())`);
      await writeWal(postgres, 1);
    },
  };
  await expect(here.take({ through: forgetful })).rejects.toMatchObject({
    name: 'DumpError',
    problem: expect.stringContaining('the bucket lacks some of it'),
  });
  expect((await here.bases()).filter((key) => key.endsWith('base.json'))).toEqual([]);
});

test('a store that fails midway: nothing of it counts, no upload is left, and the server sends no more', async () => {
  await sql(
    `CREATE TABLE large AS SELECT md5(i::text) || md5((i + 1)::text) AS x FROM generate_series(1, 400000) AS i`,
  );
  const { server } = here.vault.config;
  const proxy = await startStoreProxy(server?.endpoint ?? '');
  try {
    proxy.rule = ({ query }) => (query.get('partNumber') === '2' ? { status: 403, code: 'AccessDenied' } : 'pass');
    const failing = openVault({ ...here.vault.config, server: server && { ...server, endpoint: proxy.endpoint } });
    await expect(here.take({ through: failing })).rejects.toMatchObject({ name: 'VaultError' });
  } finally {
    await proxy.end();
    await sql('DROP TABLE large');
  }
  expect(await here.bases()).toEqual([]);
  const left = [];
  for await (const upload of here.vault.unfinishedUploads()) left.push(upload);
  expect(left).toEqual([]);
  while ((await sql(`SELECT FROM pg_stat_activity WHERE backend_type = 'walsender'`)).length > 0);
});

test('an end of time breaks it off, and its reason is what is thrown', async () => {
  const stop = new AbortController();
  const deadline = { remainingMs: 90_000, signal: stop.signal, usedMs: () => 0, clear() {} };
  const slow: Vault = {
    ...here.vault,
    upload: (key, body, options) => {
      stop.abort(new Error('no time is left'));
      return here.vault.upload(key, body, options);
    },
  };
  await expect(here.take({ through: slow, deadline })).rejects.toThrow('no time is left');
  while ((await sql(`SELECT FROM pg_stat_activity WHERE backend_type = 'walsender'`)).length > 0);
});
