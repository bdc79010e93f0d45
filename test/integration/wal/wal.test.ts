import { zstdCompressSync } from 'node:zlib';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { openVault } from '../../../layers/vault/vault.ts';
import { parseLsn } from '../../../layers/wal/lsn.ts';
import { PASSWORD, startTestPostgres, type TestPostgres } from '../../support/servers/postgres.ts';
import { startTcpProxy } from '../../support/servers/tcp-proxy.ts';
import { SLOT, slotLsn, switchWal, type WalWorld, walWorld, writeWal } from '../../support/world/wal-world.ts';

let postgres: TestPostgres;
let here: WalWorld;

beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres?.end());

beforeEach(async () => {
  here = await walWorld(postgres);
});
afterEach(async () => {
  await sql(`SELECT pg_terminate_backend(active_pid, 10000) FROM pg_replication_slots WHERE active`);
  await sql(`SELECT pg_drop_replication_slot('${SLOT}')`);
});

const sql = <T extends Record<string, unknown>>(text: string) => postgres.sql<T>('postgres', text);

test('segments, then the beginning of the one under way: byte for byte what the server has', async () => {
  await writeWal(postgres, 34);
  const answer = await here.archive();
  expect(answer).toMatchObject({ outcome: 'stored', timeline: 1, caughtUp: true, partials: 1 });
  expect(answer.segments).toBeGreaterThanOrEqual(2);
  expect(answer).not.toHaveProperty('gap');
  const names = await here.names();
  expect(names.at(-1)).toMatch(/^0000000100000000[0-9A-F]{8}\.[0-9A-F]{8}\.partial\.zst$/);
  expect(names.slice(0, -1).every((name) => /^[0-9A-F]{24}\.zst$/.test(name))).toBe(true);
  await here.expectSameBytes();
  expect(await slotLsn(postgres)).toBe(answer.lsn);

  // It goes on within the segment, and finishes it.
  await writeWal(postgres, 1);
  expect(await here.archive()).toMatchObject({ segments: 0, partials: 1 });
  await switchWal(postgres);
  const last = await here.archive();
  expect(last.segments).toBe(1);
  expect(last.caughtUp).toBe(true);
  await here.expectSameBytes();
  expect(here.log.join('')).not.toContain(PASSWORD.slice(0, 6));
});

test('a run without anything to do costs one listing; the first one writes down which cluster it is', async () => {
  await here.archive();
  const [cluster] = await sql<{ id: string }>('SELECT system_identifier::text AS id FROM pg_control_system()');
  const key = `${here.vault.prefix}.clusters/${cluster?.id}/cluster.json`;
  expect(JSON.parse((await here.vault.getText(key)) ?? '')).toMatchObject({
    segmentSizeBytes: 16 * 1024 ** 2,
    major: 18,
  });

  const before = here.asked.length;
  const lsn = await slotLsn(postgres);
  // A server writes now and then by itself.
  const answer = await here.archive();
  if (answer.lsn === lsn) {
    expect(here.asked.slice(before)).toEqual(['ListObjectsV2']);
    expect(answer).toMatchObject({ segments: 0, partials: 0, storedBytes: 0, caughtUp: true });
  }
});

test('what is in the bucket counts, whatever the slot says: a run that was killed before it told the server is no loss', async () => {
  const first = await here.archive();
  await writeWal(postgres, 18);
  // As if killed: what it stored is there, the slot is not.
  const from = await slotLsn(postgres);
  const { lsn } = await here.archive();
  await sql(`SELECT pg_drop_replication_slot('${SLOT}')`);
  await sql(`SELECT pg_create_physical_replication_slot('${SLOT}', true)`);
  expect(from).toBe(first.lsn);
  const again = await here.archive();
  expect(again).not.toHaveProperty('gap');
  expect(parseLsn(again.lsn) ?? 0n).toBeGreaterThanOrEqual(parseLsn(lsn) ?? 0n);
  await here.expectSameBytes();
});

test('two at once: one stores, the other says that somebody is at work', async () => {
  await writeWal(postgres, 40);
  const answers = await Promise.all([here.archive(), here.archive()]);
  expect(answers.map(({ outcome }) => outcome).sort()).toContain('stored');
  await here.expectSameBytes();
  expect((await here.archive()).caughtUp).toBe(true);
});

test('a partial that cannot be read is not relied on: its segment is read anew', async () => {
  await here.archive();
  const partial = (await here.names()).at(-1) ?? '';
  const [folder] = (await here.vault.listAll()).flatMap(({ key }) =>
    key.endsWith(partial) ? key.slice(0, -partial.length) : [],
  );
  await overwrite(`${folder}${partial}`, Buffer.from('not zstd'));
  await writeWal(postgres, 1);
  expect(await here.archive()).toMatchObject({ partials: 1, caughtUp: true });
  await overwrite(`${folder}${partial}`, zstdCompressSync(Buffer.from('not its length')));
  await switchWal(postgres);
  expect((await here.archive()).segments).toBe(1);
});

test('other WAL at the same position is another line of history: nothing is added to it', async () => {
  await here.archive();
  const partial = (await here.names()).at(-1) ?? '';
  const [key] = (await here.vault.listAll()).flatMap((one) => (one.key.endsWith(partial) ? one.key : []));
  await overwrite(key ?? '', zstdCompressSync(Buffer.alloc(Number.parseInt(partial.slice(25, 33), 16), 7)));
  await writeWal(postgres, 1);
  const before = { slot: await slotLsn(postgres), names: await here.names() };
  await expect(here.archive()).rejects.toMatchObject({
    name: 'VaultError',
    problem: expect.stringContaining('other WAL'),
  });
  expect({ slot: await slotLsn(postgres), names: await here.names() }).toEqual(before);
});

test('follow stores the segment under way now and then, and what it has when it is ended', async () => {
  const first = await here.archive();
  const end = new AbortController();
  const deadline = { remainingMs: 90_000, usedMs: () => 0, signal: end.signal, clear() {} };
  const startedAt = performance.now();
  const following = here.archive({
    mode: 'follow',
    partialEveryMs: 50,
    deadline: { ...deadline, usedMs: () => performance.now() - startedAt },
  });
  following.catch(() => {});
  await writeWal(postgres, 1);
  const [row] = await sql<{ lsn: string }>('SELECT pg_current_wal_flush_lsn()::text AS lsn');
  while ((parseLsn(await slotLsn(postgres)) ?? 0n) < (parseLsn(row?.lsn ?? '') ?? 0n)) await writeWal(postgres, 0);
  expect(first.lsn).not.toBe(row?.lsn);
  await here.expectSameBytes();
  end.abort(new Error('ended'));
  await expect(following).rejects.toThrow('ended');
});

test('a bucket that falls silent: the run fails, the server keeps what is not stored, and the next run has it', async () => {
  await here.archive();
  await writeWal(postgres, 1);
  const before = await slotLsn(postgres);
  const { server } = here.vault.config;
  const proxy = await startTcpProxy(Number(new URL(server?.endpoint ?? '').port));
  try {
    const endpoint = `http://127.0.0.1:${proxy.port}`;
    const silent = openVault({ ...here.vault.config, server: server && { ...server, endpoint }, answerMs: 300 });
    silent.client.s3.middlewareStack.add(
      (next, context) => (args) => {
        if (context.commandName === 'PutObjectCommand') proxy.freeze();
        return next(args);
      },
      { step: 'initialize' },
    );
    await expect(here.archive({ through: silent })).rejects.toMatchObject({ name: 'VaultError' });
  } finally {
    await proxy.end();
  }
  expect(await slotLsn(postgres)).toBe(before);
  expect(await here.archive()).toMatchObject({ outcome: 'stored', partials: 1, caughtUp: true });
  await here.expectSameBytes();
});

async function overwrite(Key: string, Body: Buffer): Promise<void> {
  const { bucket, client } = here.vault;
  await client.s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
}
