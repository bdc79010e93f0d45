import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { findCluster, readCluster } from '../../../layers/catalog/read-cluster.ts';
import { walStatusKey, windowKey } from '../../../layers/wal/keys.ts';
import { retainedBytes, WAL_STATUS_EVERY_MS } from '../../../layers/wal/wal-status.ts';
import { startTestPostgres, type TestPostgres } from '../../support/servers/postgres.ts';
import { SLOT, slotLsn, switchWal, type WalWorld, walWorld, writeWal } from '../../support/world/wal-world.ts';

let postgres: TestPostgres;
let here: WalWorld;

beforeAll(async () => {
  postgres = await startTestPostgres({ settings: { max_slot_wal_keep_size: '256MB', wal_keep_size: '32MB' } });
});
afterAll(() => postgres?.end());

beforeEach(async () => {
  here = await walWorld(postgres);
});
afterEach(async () => {
  await sql(`SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots`);
});

const sql = <T extends Record<string, unknown>>(text: string) => postgres.sql<T>('postgres', text);
/** A clock that goes on by so much each time that it is asked. */
const ticking = (ms: number) => {
  let now = Date.now();
  return () => {
    now += ms;
    return new Date(now);
  };
};
const puts = () => here.asked.filter((name) => name === 'PutObject').length;

test('a run leaves how server and slot stand; the room is what PostgreSQL says', async () => {
  await writeWal(postgres, 20);
  const [row] = await sql<{ room: string; lsn: string }>(
    `SELECT safe_wal_size::text AS room, pg_current_wal_flush_lsn()::text AS lsn FROM pg_replication_slots`,
  );
  const restartLsn = await slotLsn(postgres);
  const startedAt = new Date();
  const { systemIdentifier } = await here.archive();
  const status = await here.status();
  expect(status).toMatchObject({
    ...{ systemIdentifier, timeline: 1, caughtUpAt: status?.askedAt },
    slot: { name: SLOT, state: 'held', restartLsn, limitBytes: 256 * 1024 ** 2 },
  });
  expect(new Date(status?.askedAt ?? 0).getTime()).toBeGreaterThanOrEqual(startedAt.getTime());
  // A server writes now and then by itself.
  const own = 1024 ** 2;
  expect(status?.slot.roomBytes).toBeGreaterThan(Number(row?.room) - own);
  expect(status?.slot.roomBytes).toBeLessThanOrEqual(Number(row?.room));
  expect(status && retainedBytes(status)).toBeGreaterThan(20_000_000);
});

test('it is written every five minutes, whatever is stored between', async () => {
  await here.archive();
  const first = await here.status();
  await switchWal(postgres);
  const before = puts();
  const { segments, partials } = await here.archive();
  expect(puts() - before).toBe(segments + partials);
  expect(await here.status()).toEqual(first);

  // As if the last one were old: more time has passed for the run than since the store wrote it.
  await here.archive({ clock: ticking(WAL_STATUS_EVERY_MS) });
  const second = await here.status();
  expect(second?.askedAt).not.toBe(first?.askedAt);
  expect(second?.caughtUpAt).toBe(second?.askedAt);
});

test('a run says how far back its cluster is to be recovered, once a day; the longest counts', async () => {
  const { systemIdentifier } = await here.archive({ windowDays: 30 });
  const cluster = await findCluster(here.vault, systemIdentifier);
  const { modifiedAt } = (await here.vault.listAll(windowKey(here.vault.prefix, systemIdentifier, 30)))[0] ?? {};
  expect(modifiedAt).toBeInstanceOf(Date);
  // Another deployment's run, which knows nothing of the first.
  await here.archive({ windowDays: 7 });
  expect(await readCluster(here.vault, cluster)).toMatchObject({ windowDays: 30 });

  const before = puts();
  await here.archive({ windowDays: 30 });
  expect(puts()).toBe(before);
  const tomorrow = { ...here.vault, storeTime: () => new Date(Date.now() + 86_400_000) };
  await here.archive({ windowDays: 30, through: tomorrow });
  expect(puts() - before).toBeGreaterThan(0);
});

test('a run that does not get as far as the server says so at once, and when the bucket last held all', async () => {
  await here.archive();
  const first = await here.status();
  await writeWal(postgres, 40);
  const ended = { remainingMs: 0, usedMs: () => 0, signal: new AbortController().signal, clear() {} };
  expect(await here.archive({ deadline: ended })).toMatchObject({ caughtUp: false });
  const second = await here.status();
  expect(second?.askedAt).not.toBe(first?.askedAt);
  expect(second?.caughtUpAt).toBe(first?.caughtUpAt);
});

test('a run that follows writes it, too', async () => {
  await here.archive();
  const first = await here.status();
  const end = new AbortController();
  const startedMs = performance.now();
  const usedMs = () => performance.now() - startedMs;
  const deadline = { remainingMs: 90_000, usedMs, signal: end.signal, clear() {} };
  const following = here.archive({ mode: 'follow', partialEveryMs: 50, deadline, clock: ticking(10_000) });
  following.catch(() => {});
  while ((await here.status())?.askedAt === first?.askedAt) await writeWal(postgres, 0);
  expect(await here.status()).toMatchObject({ timeline: 1, slot: { state: 'held' } });
  end.abort(new Error('ended'));
  await expect(following).rejects.toThrow('ended');
});

test('a status that cannot be written, because the one before makes no sense, fails no run', async () => {
  const { systemIdentifier } = await here.archive();
  await here.vault.put(walStatusKey(here.vault.prefix, systemIdentifier), 'nonsense');
  await writeWal(postgres, 40);
  const ended = { remainingMs: 0, usedMs: () => 0, signal: new AbortController().signal, clear() {} };
  expect(await here.archive({ deadline: ended })).toMatchObject({ outcome: 'stored', caughtUp: false });
  expect(here.log.join('')).toContain('how WAL archiving stands could not be written');
});

test('a slot that is gone shows where there was one', async () => {
  await sql(`SELECT pg_drop_replication_slot('${SLOT}')`);
  await expect(here.archive()).rejects.toMatchObject({ name: 'ConfigError' });
  expect(await here.status()).toBeUndefined();
  await sql(`SELECT pg_create_physical_replication_slot('${SLOT}', true)`);
  await here.archive();
  const { caughtUpAt } = (await here.status()) ?? {};
  await sql(`SELECT pg_drop_replication_slot('${SLOT}')`);
  await expect(here.archive()).rejects.toMatchObject({ name: 'ConfigError' });
  expect(await here.status()).toMatchObject({ caughtUpAt, slot: { name: SLOT, state: 'missing' } });

  // It has kept nothing yet: to a run it is as one that is lost.
  await sql(`SELECT pg_create_physical_replication_slot('${SLOT}')`);
  await expect(here.archive()).rejects.toMatchObject({ name: 'DumpError' });
  expect(await here.status()).toMatchObject({ slot: { state: 'lost' } });
});
