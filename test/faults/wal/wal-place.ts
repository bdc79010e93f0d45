import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'vitest';
import type { WalAnswer } from '../../../layers/archiving/answer.ts';
import { openVault, type Vault } from '../../../layers/vault/vault.ts';
import { startTestCeph } from '../../support/servers/ceph.ts';
import { REPLICATION_HBA } from '../../support/servers/standby.ts';
import { type StoreProxy, startStoreProxy, through } from '../../support/servers/store-proxy.ts';
import { SLOT } from '../../support/world/wal-world.ts';
import { freshVault } from '../../support/world/world-vault.ts';
import { type Line, startLine } from '../campaign/line.ts';
import { type RestartablePostgres, startRestartablePostgres } from '../campaign/restartable-postgres.ts';
import { openReceivedWal, type ReceivedWal, type Receiver } from './received-wal.ts';
import { until } from './until.ts';
import { bundleWal, startWal, type WalProcess } from './wal-process.ts';

/** The server that writes, and PostgreSQL's own copy of its WAL. */
export interface Writer {
  readonly server: RestartablePostgres;
  readonly receiver: Receiver;
}

/** A bucket server of the campaign's own, behind what can break. */
export interface BucketAccess {
  readonly line: Line;
  readonly store: StoreProxy;
  killGateway(): Promise<void>;
  restartGateway(): Promise<void>;
  /** Everything works again. */
  calm(): Promise<void>;
}

export interface RunOf {
  readonly of?: 'wal' | 'base';
  readonly on?: RestartablePostgres;
  readonly env?: Record<string, string>;
}

export interface WalPlace {
  /** After a promotion it is another one. */
  writer: Writer;
  /** Reaches the bucket directly: for those who look. */
  readonly vault: Vault;
  /** Undefined where the bucket server is everybody's, which nobody may harm. */
  readonly bucket: BucketAccess | undefined;
  readonly received: ReceivedWal;
  readonly systemIdentifier: string;
  /** One run, which reaches the bucket by the line. */
  start(run?: RunOf): WalProcess;
  /** Runs wal until the bucket has what the server had. @returns what the last run said */
  archive(): Promise<WalAnswer>;
  /** Takes a full base backup. */
  takeBase(): Promise<void>;
  end(): Promise<void>;
}

/** Kept, so that a copy of the WAL that was broken off can be taken up again. */
export const WAL_KEPT = '256MB';

/** @param own - whether the bucket server is one of its own, which may be harmed */
export async function makeWalPlace(own: boolean): Promise<WalPlace> {
  const folder = mkdtempSync(path.join(tmpdir(), 'pgvouch-wal-'));
  const ceph = own ? await startTestCeph() : undefined;
  const { vault } = await freshVault(ceph && { server: ceph.s3 });
  const bucket = ceph && (await openBucket(vault, ceph.ceph));
  const endpoint = bucket ? `http://127.0.0.1:${bucket.line.port}` : '';
  const far = bucket ? openVault({ ...vault.config, ...through({ ...bucket.store, endpoint }, vault.config) }) : vault;
  const server = await startServer();
  for (const setting of [`wal_keep_size = '${WAL_KEPT}'`, `max_wal_size = '64MB'`]) {
    await server.sql('postgres', `ALTER SYSTEM SET ${setting}`);
  }
  await server.sql('postgres', 'CHECKPOINT');
  await server.sql('postgres', 'SELECT pg_reload_conf()');
  const received = await openReceivedWal(folder);
  const [control] = await server.sql<{ id: string }>(
    'postgres',
    `SELECT system_identifier::text AS id, pg_create_physical_replication_slot('${SLOT}', true) FROM pg_control_system()`,
  );
  const bundles = { wal: await bundleWal(folder), base: own ? await bundleWal(folder, 'base') : '' };
  let bases = 0;
  const place: WalPlace = {
    writer: { server, receiver: await received.receive(server) },
    ...{ vault, bucket, received, systemIdentifier: control?.id ?? '' },
    start({ of = 'wal', on = place.writer.server, env = {} } = {}) {
      const EVENT = of === 'wal' ? '{}' : JSON.stringify({ time: firingOf(bases++) });
      return startWal(bundles[of], far, on.target, { EVENT, ...env });
    },
    async archive() {
      let answer: WalAnswer | undefined;
      await until('wal has stored all', async () => {
        const { exitCode, said } = await place.start().ended;
        expect({ exitCode, said }).toMatchObject({ exitCode: 0 });
        answer = JSON.parse(said.trim().split('\n').at(-1) ?? '') as WalAnswer;
        // A run that was killed may have left its slot in use for a moment.
        return answer.outcome === 'stored' && answer.caughtUp;
      });
      return answer ?? expect.unreachable('no run came to an end');
    },
    async takeBase() {
      const { exitCode, said } = await place.start({ of: 'base' }).ended;
      expect({ exitCode, said }).toMatchObject({ exitCode: 0 });
    },
    async end() {
      await place.writer.receiver.end();
      await place.writer.server.end();
      await bucket?.line.end();
      await bucket?.store.end();
      await ceph?.end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return place;
}

/** A server of the place: a new one, or one on the files of another. */
export function startServer(
  files?: (dataDir: string) => Promise<void>,
  settings: Readonly<Record<string, string>> = {},
): Promise<RestartablePostgres> {
  return startRestartablePostgres({
    ...(files && { files }),
    hba: REPLICATION_HBA,
    settings: { full_page_writes: 'on', max_wal_senders: '8', hot_standby: 'on', ...settings },
  });
}

async function openBucket(
  vault: Vault,
  ceph: Pick<BucketAccess, 'killGateway' | 'restartGateway'>,
): Promise<BucketAccess> {
  let isUp = true;
  const store = await startStoreProxy(vault.config.server?.endpoint ?? '');
  const line = await startLine(Number(new URL(store.endpoint).port));
  const access = {
    ...{ line, store },
    async killGateway() {
      isUp = false;
      await ceph.killGateway();
    },
    async restartGateway() {
      await ceph.restartGateway();
      isUp = true;
    },
    async calm() {
      line.calm();
      store.rule = () => 'pass';
      if (!isUp) await access.restartGateway();
    },
  };
  return access;
}

/** Each base backup has a second of its own, in the past. */
function firingOf(number: number): string {
  return new Date(Date.parse('2026-01-01T00:00:00Z') + 1000 * number).toISOString();
}
