import { createHash } from 'node:crypto';
import { zstdDecompressSync } from 'node:zlib';
import pino from 'pino';
import { expect } from 'vitest';
import type { WalAnswer } from '../../../layers/archiving/answer.ts';
import type { WalRequest } from '../../../layers/archiving/request.ts';
import { wal } from '../../../layers/archiving/wal.ts';
import { startDeadline } from '../../../layers/deadline/deadline.ts';
import type { Recipients } from '../../../layers/seal/recipients.ts';
import type { Vault } from '../../../layers/vault/vault.ts';
import { walFolder, walStatusKey } from '../../../layers/wal/keys.ts';
import { parseWalStatus, type WalStatus } from '../../../layers/wal/wal-status.ts';
import { watchRequests } from '../servers/exporter-process.ts';
import type { TestPostgres } from '../servers/postgres.ts';
import { freshVault } from './world-vault.ts';

export const SLOT = 'pgvouch';

export interface WalWorld {
  readonly vault: Vault;
  readonly log: readonly string[];
  /** The names of the requests that the bucket got. */
  readonly asked: readonly string[];
  /** Archives WAL, of the world's server by default. */
  archive(changes?: Partial<WalRequest> & RunOf): Promise<WalAnswer>;
  /** The names of WAL in the cluster's folder of it, in order. */
  names(): Promise<string[]>;
  /** The status that runs leave for whoever sees only the bucket. */
  status(): Promise<WalStatus | undefined>;
  /** Expects every object to hold what the server has in the file of that name, from its first byte on. */
  expectSameBytes(server?: TestPostgres): Promise<void>;
}

interface RunOf {
  readonly of?: TestPostgres;
  readonly through?: Vault;
  readonly clock?: () => Date;
}

/** A server with a slot, and a bucket for its WAL: a fresh one by default. */
export async function walWorld(
  postgres: TestPostgres,
  options: {
    readonly segmentSizeBytes?: number;
    readonly vault?: Vault | undefined;
    /** WAL and base backups are sealed for them. */
    readonly recipients?: Recipients | undefined;
  } = {},
): Promise<WalWorld> {
  const { segmentSizeBytes = 16 * 1024 ** 2, vault = (await freshVault()).vault } = options;
  // A new slot keeps WAL from the last checkpoint on.
  await postgres.sql('postgres', 'CHECKPOINT');
  await postgres.sql('postgres', `SELECT pg_create_physical_replication_slot('${SLOT}', true)`);
  const log: string[] = [];
  const asked = watchRequests(vault);
  const [control] = await postgres.sql<{ id: string }>(
    'postgres',
    'SELECT system_identifier::text AS id FROM pg_control_system()',
  );
  const folder = walFolder(vault.prefix, control?.id ?? '');
  const names = async () => {
    const listed: string[] = [];
    for await (const { key } of vault.list(folder)) listed.push(key.slice(folder.length));
    return listed.filter((name) => !name.endsWith('.json'));
  };
  return {
    vault,
    log,
    asked,
    names,
    async status() {
      const key = walStatusKey(vault.prefix, control?.id ?? '');
      const text = await vault.getText(key);
      return text === undefined ? undefined : parseWalStatus(text, key);
    },
    async archive({ of = postgres, through = vault, clock = () => new Date(), ...changes } = {}) {
      const deadline = startDeadline({ getRemainingTimeInMillis: () => 100_000 }, 'wal');
      const deps = {
        vault: through,
        recipients: options.recipients,
        target: async () => of.target,
        log: pino({ level: 'debug' }, { write: (line: string) => void log.push(line) }),
        clock,
      };
      const how = { mode: 'cadence', partialEveryMs: 10_000, windowDays: 7 } as const;
      const request = { slot: SLOT, ...how, deadline, ...changes };
      return wal(deps, request).finally(deadline.clear);
    },
    async expectSameBytes(server = postgres) {
      for (const name of await names()) {
        const bytes = await objectBytes(vault, `${folder}${name}`, segmentSizeBytes);
        const file = name.endsWith('.history') ? name : name.slice(0, 24);
        const [row] = await server.sql<{ hash: Buffer | null }>(
          'postgres',
          `SELECT sha256(pg_read_binary_file('pg_wal/${file}', 0, ${bytes.length}, true)) AS hash`,
        );
        // What the server has removed, an earlier look has compared.
        if (row?.hash == null) continue;
        const hash = createHash('sha256').update(bytes).digest('hex');
        expect({ name, hash }).toEqual({ name, hash: row.hash.toString('hex') });
      }
    },
  };
}

/** What an object holds, decompressed. */
export async function objectBytes(vault: Vault, key: string, segmentSizeBytes = 16 * 1024 ** 2): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of (await vault.getBytes(key)) ?? []) chunks.push(chunk);
  const stored = Buffer.concat(chunks);
  if (!key.endsWith('.zst')) return stored;
  const [, endOffset] = /\.([0-9A-F]{8})\.partial/.exec(key) ?? [];
  const bytes = zstdDecompressSync(stored);
  // Node.js takes a frame that was cut off for a whole one.
  expect(bytes.length).toBe(endOffset === undefined ? segmentSizeBytes : Number.parseInt(endOffset, 16));
  return bytes;
}

/** Some WAL, flushed. */
export async function writeWal(server: TestPostgres, megabytes: number): Promise<void> {
  await server.sql(
    'postgres',
    `SELECT count(pg_logical_emit_message(false, 'test', repeat(md5(random()::text), 31250))) FROM generate_series(1, ${megabytes})`,
  );
  await server.sql('postgres', `SELECT pg_logical_emit_message(true, 'test', 'flushed with its commit')`);
}

/** The segment that the server now writes is finished; the next begins. */
export async function switchWal(server: TestPostgres): Promise<void> {
  await server.sql(
    'postgres',
    `SELECT pg_logical_emit_message(true, 'test', 'something to switch'); SELECT pg_switch_wal()`,
  );
}

/** Where the slot's WAL begins, as text. */
export async function slotLsn(server: TestPostgres): Promise<string> {
  const [row] = await server.sql<{ lsn: string }>(
    'postgres',
    `SELECT restart_lsn::text AS lsn FROM pg_replication_slots WHERE slot_name = '${SLOT}'`,
  );
  return row?.lsn ?? expect.unreachable('there is no slot');
}
