import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Manifest } from '../../../layers/backup/manifest.ts';
import type { Deadline } from '../../../layers/deadline/deadline.ts';
import { embeddedPostgres } from '../../../layers/postgres/places/embedded-installation.ts';
import { openVault, type Vault } from '../../../layers/vault/vault.ts';
import type { TestCeph } from '../../support/servers/ceph.ts';
import { type StoreProxy, startStoreProxy, through } from '../../support/servers/store-proxy.ts';
import { type DumpOptions, type World, world } from '../../support/world/world.ts';
import { freshVault } from '../../support/world/world-vault.ts';
import type { Run } from './fault.ts';
import { type Line, startLine } from './line.ts';
import type { RestartablePostgres } from './restartable-postgres.ts';

/** The servers that a lane's faults harm. */
export interface Servers {
  readonly postgres: RestartablePostgres;
  /** Undefined where the run's shared one serves, which nobody may harm. */
  readonly bucketServer: TestCeph | undefined;
}

/** Where faults are injected: a database and a bucket of their own, and everything between them and the functions. */
export interface Place extends Servers {
  /** Reaches the bucket by its line. */
  readonly here: World;
  /** Reaches the bucket directly: for those who look. */
  readonly vault: Vault;
  readonly postgresLine: Line;
  readonly bucketLine: Line;
  /** Behind the bucket's line. */
  readonly store: StoreProxy;
  /** What an undisturbed dump sends and receives, and its archive. */
  readonly clean: { readonly postgresBytes: number; readonly bucketBytes: number; readonly archiveBytes: number };
  /** The firing of the next backup: each of a place has its own. */
  nextFiring(): Date;
  /** Dumps under whatever is wrong; never rejects. */
  dump(options?: DumpOptions): Promise<Run>;
  verify(of: Manifest, deadline?: Deadline): Promise<Run>;
  /** Everything works again. */
  calm(): Promise<void>;
  end(): Promise<void>;
}

export interface PlaceOptions {
  readonly servers: Servers;
  readonly large: boolean;
  /** Whether verify restores. */
  readonly drills: boolean;
}

/** A place with a good backup in it, verified. */
export async function makePlace({ servers, large, drills }: PlaceOptions): Promise<Place> {
  const { postgres, bucketServer } = servers;
  const { vault } = await freshVault(bucketServer && { server: bucketServer.s3 });
  const store = await startStoreProxy(vault.config.server?.endpoint ?? '');
  const bucketLine = await startLine(portOf(store.endpoint));
  const postgresLine = await startLine(postgres.target.port);
  const endpoint = `http://127.0.0.1:${bucketLine.port}`;
  const far = openVault({ ...vault.config, ...through({ ...store, endpoint }, vault.config) });
  const folder = mkdtempSync(path.join(tmpdir(), 'pgvouch-campaign-'));
  const here = await world({
    ...{ vault: far, postgres, database: `faults_${randomUUID().slice(0, 8)}` },
    ...(drills && { drillPlace: { installations: [embeddedPostgres()], server: undefined, folder } }),
  });
  await here.sql(shop(large ? 800 : 10));

  let firings = 0;
  const nextFiring = () => new Date(FIRST_FIRING.getTime() + HOUR_MS * firings++);
  const dump = (options: DumpOptions = {}): Promise<Run> =>
    here
      .dump(undefined, { firedAt: nextFiring(), target: { port: postgresLine.port }, ...options })
      .then((manifest) => ({ function: 'dump' as const, manifest }), failed('dump'));
  const verify = (of: Manifest, deadline?: Deadline): Promise<Run> =>
    here
      .verify(of, false, deadline)
      .then(
        (verdict) => ({ function: 'verify' as const, manifest: of, ...(verdict && { verdict }) }),
        failed('verify'),
      );
  const calm = async () => {
    store.rule = () => 'pass';
    postgresLine.calm();
    bucketLine.calm();
    await postgres.revive();
    if (bucketServer && bucketServer.ceph.pids.length < 3) await bucketServer.ceph.restartGateway();
  };

  const manifest = backupOf(await dump());
  const [postgresBytes, bucketBytes] = [postgresLine.passedBytes, bucketLine.passedBytes];
  const verdict = await verify(manifest);
  if (verdict.error) throw verdict.error;
  await calm();
  return {
    ...{ postgres, bucketServer, here, vault, postgresLine, bucketLine, store },
    clean: { postgresBytes, bucketBytes, archiveBytes: manifest.archive.sizeBytes },
    ...{ nextFiring, dump, verify, calm },
    async end() {
      await calm();
      await Promise.all([postgresLine.end(), bucketLine.end(), store.end()]);
      await postgres.sql('postgres', `DROP DATABASE IF EXISTS "${here.database}" WITH (FORCE)`);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Long before now, so that a function of its own process does not take one for the future. */
const FIRST_FIRING = new Date('2026-01-01T02:00:00Z');
const HOUR_MS = 60 * 60 * 1000;

/** What an order holds follows from its number and its length. */
export function contentOf(order: string, hashes: string): string {
  return `SELECT string_agg(sha512((${order} || ':' || h)::bytea), '' ORDER BY h) FROM generate_series(1, ${hashes}) h`;
}

/** Incompressible, so that what is dumped has a size. */
function shop(hashesAnOrder: number): string {
  return `
    CREATE TABLE customers (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL);
    INSERT INTO customers (name) SELECT 'Zoë ' || g FROM generate_series(1, 100) g;
    CREATE TABLE orders (id int PRIMARY KEY, customer int REFERENCES customers, content bytea);
    INSERT INTO orders SELECT g, 1 + g % 100, (${contentOf('g', String(hashesAnOrder))}) FROM generate_series(1, 200) g;
    CREATE VIEW of_zoe AS SELECT o.* FROM orders o JOIN customers c ON c.id = customer WHERE name = 'Zoë 1';
    CREATE TABLE passing AS SELECT generate_series(1, 50) AS id;`;
}

function failed(name: Run['function']) {
  return (error: unknown): Run => ({ function: name, error });
}

function portOf(endpoint: string): number {
  return Number(new URL(endpoint).port);
}

/** The backup of a run that made one. */
export function backupOf({ manifest, error }: Run): Manifest {
  if (manifest === undefined) throw error;
  return manifest;
}
