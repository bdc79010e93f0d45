import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import type { WalStream } from '../../../layers/postgres/replication/wal-stream.ts';
import { openWalsender, type Walsender } from '../../../layers/postgres/replication/walsender.ts';
import { formatLsn } from '../../../layers/wal/lsn.ts';
import { PASSWORD, startTestPostgres, type TestPostgres } from '../../support/servers/postgres.ts';
import { serverTls, TLS } from '../../support/servers/server-tls.ts';

const HBA = `
local     all         all          scram-sha-256
host      all         postgres     127.0.0.1/32 scram-sha-256
hostssl   replication archivist    127.0.0.1/32 scram-sha-256
hostssl   replication shopkeeper   127.0.0.1/32 scram-sha-256`;

let postgres: TestPostgres;
let folder: string;
let walsender: Walsender;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'pgvouch-replication-'));
  postgres = await startTestPostgres({
    settings: {
      ...serverTls(folder),
      wal_sender_timeout: '2s',
    },
    hba: HBA,
  });
  const password = PASSWORD.replaceAll("'", "''");
  await sql(`CREATE ROLE archivist LOGIN REPLICATION PASSWORD '${password}'`);
  await sql(`CREATE ROLE shopkeeper LOGIN PASSWORD '${password}'`);
});

afterAll(async () => {
  await postgres?.end();
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  await sql(`SELECT pg_create_physical_replication_slot('pgvouch', true)`);
  walsender = await open();
  onTestFinished(async () => {
    await walsender.end();
    await sql(`SELECT pg_terminate_backend(active_pid, 10000) FROM pg_replication_slots WHERE active`);
    await sql(`SELECT pg_drop_replication_slot('pgvouch')`);
  });
});

const sql = <T extends Record<string, unknown>>(text: string) => postgres.sql<T>('postgres', text);

function open(user = 'archivist'): Promise<Walsender> {
  const sslRootCert = path.join(TLS, 'ca.pem');
  return openWalsender({ ...postgres.target, user, sslMode: 'verify-full', sslRootCert, host: 'localhost' });
}

/** A stream from the slot's own position on. */
async function stream(signal = new AbortController().signal): Promise<{ wal: WalStream; from: bigint; to: bigint }> {
  const { flushedTo, timeline } = await walsender.identify();
  const slot = await walsender.readSlot('pgvouch');
  const from = slot?.restartLsn ?? expect.unreachable('it keeps WAL');
  return { wal: await walsender.stream({ slot: 'pgvouch', timeline, from, signal }), from, to: flushedTo };
}

async function write(megabytes: number): Promise<void> {
  await sql(
    `SELECT count(pg_logical_emit_message(false, 'test', repeat('x', 1000000))) FROM generate_series(1, ${megabytes})`,
  );
  // Flushed.
  await sql('CREATE TABLE gone (); DROP TABLE gone');
}

async function readTo(wal: WalStream, from: bigint, to: bigint): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (let at = from; at < to; ) {
    const piece = await wal.next();
    if (piece === undefined || piece === 'silence') return expect.unreachable('WAL was to come');
    at += BigInt(piece.bytes.length);
    parts.push(Buffer.from(piece.bytes));
  }
  return Buffer.concat(parts).subarray(0, Number(to - from));
}

/** What the server itself has on its disk. */
async function onDisk(from: bigint, to: bigint): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (let at = from; at < to; ) {
    const [row] = await sql<{ name: string; offset: number }>(
      `SELECT file_name AS name, file_offset AS offset FROM pg_walfile_name_offset('${formatLsn(at)}')`,
    );
    const { name, offset } = row ?? expect.unreachable('every position is in a file');
    const length = Math.min(Number(to - at), 16 * 1024 ** 2 - offset);
    const [read] = await sql<{ bytes: Buffer }>(
      `SELECT pg_read_binary_file('pg_wal/${name}', ${offset}, ${length}) AS bytes`,
    );
    parts.push(read?.bytes ?? Buffer.alloc(0));
    at += BigInt(length);
  }
  return Buffer.concat(parts);
}

test('it says which cluster answers, how long segments are, and what a slot keeps', async () => {
  const [control] = await sql<{ id: string; lsn: string }>(
    'SELECT system_identifier::text AS id, pg_current_wal_flush_lsn() AS lsn FROM pg_control_system()',
  );
  const identity = await walsender.identify();
  expect(identity).toMatchObject({ systemIdentifier: control?.id, timeline: 1, major: 18 });
  expect(formatLsn(identity.flushedTo)).toBe(control?.lsn);
  expect(await walsender.segmentSize()).toBe(16 * 1024 ** 2);

  const [row] = await sql<{ lsn: string }>('SELECT restart_lsn AS lsn FROM pg_replication_slots');
  const slot = await walsender.readSlot('pgvouch');
  expect(slot).toMatchObject({ restartTimeline: 1 });
  expect(formatLsn(slot?.restartLsn ?? 0n)).toBe(row?.lsn);
  expect(await walsender.readSlot('another')).toBeUndefined();
});

test('what is streamed over TLS is what the server has on its disk, over several segments', async () => {
  await write(20);
  const { wal, from, to } = await stream();
  const got = await readTo(wal, from, to);
  expect(got.equals(await onDisk(from, to))).toBe(true);
  const [ssl] = await sql(`SELECT ssl, usename FROM pg_stat_replication JOIN pg_stat_ssl USING (pid)`);
  expect(ssl).toEqual({ ssl: true, usename: 'archivist' });
  expect(await wal.end()).toBeUndefined();
  // The connection goes on.
  expect((await walsender.identify()).timeline).toBe(1);
});

test('the slot moves on with what is stored, and never before', async () => {
  await write(1);
  const { wal, from, to } = await stream();
  await readTo(wal, from, to);
  expect(() => wal.stored(to + 1_000_000_000n)).toThrow('was not received yet');
  await wal.end();
  expect((await walsender.readSlot('pgvouch'))?.restartLsn).toBe(from);

  const again = await stream();
  await readTo(again.wal, again.from, to);
  again.wal.stored(to - 100n);
  await again.wal.end();
  expect((await walsender.readSlot('pgvouch'))?.restartLsn).toBe(to - 100n);
});

test('WAL that nobody reads waits at the server, and the connection outlives wal_sender_timeout', async () => {
  await write(30);
  const { wal, from, to } = await stream();
  for (let waited = false; !waited; ) {
    const [row] = await sql<{ waited: boolean }>(
      `SELECT coalesce(reply_time > backend_start + interval '3 s', false) AS waited FROM pg_stat_replication`,
    );
    waited = row?.waited ?? expect.unreachable('the server gave it up');
  }
  const [now] = await sql<{ all: boolean }>(`SELECT sent_lsn >= '${formatLsn(to)}' AS all FROM pg_stat_replication`);
  expect(now?.all).toBe(false);
  expect((await readTo(wal, from, to)).equals(await onDisk(from, to))).toBe(true);
  await wal.end();
});

test('silence is reported; WAL that comes later is given', async () => {
  const { wal, from, to } = await stream();
  await readTo(wal, from, to);
  while ((await wal.next(50)) !== 'silence');
  await write(1);
  expect(await wal.next()).toMatchObject({ kind: 'wal' });
  await wal.end();
});

test('a slot has one stream at a time: SQLSTATE 55006', async () => {
  const { wal, from, to } = await stream();
  await readTo(wal, from, to);
  const rival = await open();
  const second = await rival.stream({ slot: 'pgvouch', timeline: 1, from, signal: new AbortController().signal });
  await expect(second.next()).rejects.toMatchObject({ name: 'DumpError', cause: { code: '55006' } });
  await expect(rival.dropSlot('pgvouch')).rejects.toMatchObject({
    ...{ name: 'DumpError', problem: expect.stringContaining('is active') },
  });
  // The refused connection still answers.
  expect((await rival.identify()).timeline).toBe(1);
  await rival.end();
  await wal.end();
});

test('a stream ends with its signal, at once', async () => {
  const stop = new AbortController();
  const { wal, from, to } = await stream(stop.signal);
  await readTo(wal, from, to);
  const over = untilOver(wal);
  stop.abort(new Error('time is up'));
  await expect(over).rejects.toThrow('time is up');
});

test('a stream whose server process ends says so', async () => {
  const { wal, from, to } = await stream();
  await readTo(wal, from, to);
  await sql('SELECT pg_terminate_backend(pid) FROM pg_stat_replication');
  await expect(untilOver(wal)).rejects.toMatchObject({ name: 'DumpError', operation: 'stream WAL from' });
});

/** The server may have written more of its own: it notes which transactions run. */
async function untilOver(wal: WalStream): Promise<void> {
  while ((await wal.next()) !== undefined);
}

test.each([
  { user: 'shopkeeper', name: 'ConfigError', hint: 'LOGIN REPLICATION' },
  { user: 'postgres', name: 'ConfigError', hint: 'PITR off' },
])('a role that may not replicate gets a hint what to do: $user', async ({ user, name, hint }) => {
  const error = await open(user).catch((reason) => reason);
  expect(error).toMatchObject({ name, hint: expect.stringContaining(hint) });
  expect(`${error} ${JSON.stringify(error)}`).not.toContain(PASSWORD.slice(0, 6));
});
