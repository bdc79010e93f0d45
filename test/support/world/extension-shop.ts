import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, vi } from 'vitest';
import type { DrillPlace } from '../../../functions/verify/scratch.ts';
import { hostArchitecture } from '../../../layers/debian/debian-packages.ts';
import { packagesFor, settingsFor } from '../../../layers/extensions/needs.ts';
import { provideInstallation } from '../../../layers/scratch/installation.ts';
import { testStateDir } from '../servers/ceph.ts';
import { startTestPostgres, type TestPostgres } from '../servers/postgres.ts';
import { expectNothingLeft, ownDrillPlace } from './drill-place.ts';
import { verifyIn } from './drill-run.ts';
import { type World, world } from './world.ts';

/** Extensions that a shop may have; a drill needs Debian's packages of them. */
const EXTENSIONS = ['pg_cron', 'pg_partman', 'postgis', 'timescaledb', 'vector'];
const DATABASE = 'shop';
const debian = { cacheDir: testStateDir, mirror: process.env.DEBIAN_MIRROR };
const fired = mkdtempSync(path.join(tmpdir(), 'pgvouch-fired-'));

export interface ExtensionShop {
  readonly server: TestPostgres;
  /** Its programs, and all packages. */
  readonly installation: string;
  /** Expects a database with all of them to be restorable, in pieces if it says so, and no job of it to fire in the drill. */
  expectToBeProved(how?: Pick<DrillPlace, 'pieceBytes'>): Promise<void>;
}

/** A server with extensions and a database that uses each, for all tests of a file. */
export function extensionShop(): ExtensionShop {
  let server: TestPostgres;
  let installation: string;
  let here: World;
  let firedAt = Date.now() - 3_600_000;
  beforeAll(async () => {
    // Servers run as nobody where this runs as root.
    chmodSync(fired, 0o777);
    const { packages } = packagesFor(EXTENSIONS, 18);
    ({ folder: installation } = await provideInstallation({
      major: 18,
      architecture: hostArchitecture(),
      packages,
      ...debian,
    }));
    const working = {
      'cron.launch_active_jobs': 'on',
      'cron.max_running_jobs': '5',
      'cron.use_background_workers': 'on',
      'timescaledb.max_background_workers': '4',
      max_worker_processes: '16',
    };
    const settings = { ...settingsFor(EXTENSIONS, DATABASE), ...working };
    server = await startTestPostgres({ installation, settings });
    here = await world({ postgres: server, database: DATABASE });
    for (const name of EXTENSIONS.filter((one) => one !== 'pg_partman')) await here.sql(`CREATE EXTENSION ${name}`);
    await here.sql(SHOP);
  }, 600_000);

  afterAll(async () => {
    await server?.end();
    rmSync(fired, { recursive: true, force: true });
  });
  return {
    get installation() {
      return installation;
    },
    get server() {
      return server;
    },
    async expectToBeProved(how) {
      // The source has what the drill must not have.
      const workers = async () => (await here.sql<{ of: string }>(WORKERS)).map((one) => one.of);
      await vi.waitFor(async () => expect(await workers()).toEqual(AT_WORK), { timeout: 60_000 });
      const firedBy = () => [...new Set(readFileSync(path.join(fired, 'by'), 'utf8').trim().split('\n'))];
      await vi.waitFor(() => expect(firedBy()).toHaveLength(1), { timeout: 60_000 });
      firedAt += 1_000;
      const manifest = await here.dump(DATABASE, { fingerprints: true, firedAt: new Date(firedAt) });
      const place = ownDrillPlace({ debian, ...how });
      const verdict = await verifyIn(here, manifest, place, AbortSignal.timeout(300_000));
      const restored = how ? /^Restored in [2-9] pieces and compared equal/ : /^Restored and compared equal/;
      expect(verdict?.reasons[0]).toMatch(restored);
      if (!how) expect(verdict?.reasons).toHaveLength(1);
      expect(verdict).toMatchObject({
        verdict: 'restorable',
        drill: { serverVersion: expect.stringMatching(/^18\..*Debian/) },
      });
      expectNothingLeft(place);
      expect(firedBy()).toHaveLength(1);
    },
  };
}

/** A table of TimescaleDB with some chunks. */
export const READINGS = `
  CREATE TABLE readings (at timestamptz NOT NULL, value float);
  SELECT create_hypertable('readings', 'at', chunk_time_interval => interval '1 day');
  INSERT INTO readings SELECT now() - g * interval '1 hour', g FROM generate_series(1, 100) g;`;

/** As a database of the other edition has it. Debian's scheduler starts a worker for it every second, which fails. */
const TIMESCALE_JOB = `
  CREATE PROCEDURE act(job_id int, config jsonb) LANGUAGE sql AS 'SELECT';
  INSERT INTO _timescaledb_catalog.bgw_job (id, application_name, schedule_interval, max_runtime, max_retries, retry_period,
                                            proc_schema, proc_name, owner, scheduled, fixed_schedule, initial_start, config)
    VALUES (1000, 'User-Defined Action [1000]', '1 second', '0', -1, '1 second', 'public', 'act', 'postgres', true, false, now(), '{}');
  SELECT _timescaledb_functions.restart_background_workers();`;

/** Those that wait for work; TimescaleDB's has tried its job. */
const WORKERS = `SELECT DISTINCT backend_type AS of FROM workers WHERE backend_type ~ 'Launcher|Scheduler|cron'
  AND EXISTS (SELECT FROM _timescaledb_internal.bgw_job_stat WHERE job_id = 1000 AND total_runs > 1) ORDER BY of`;
const AT_WORK = [
  'TimescaleDB Background Worker Launcher',
  'TimescaleDB Background Worker Scheduler',
  'pg_cron launcher',
];

const SHOP = `
  CREATE SCHEMA partman;
  CREATE EXTENSION pg_partman SCHEMA partman;
  CREATE TABLE visits (at timestamptz NOT NULL, page int) PARTITION BY RANGE (at);
  SELECT partman.create_parent('public.visits', 'at', '1 month');
  INSERT INTO visits SELECT now(), g FROM generate_series(1, 50) g;
  CREATE TABLE items (id int PRIMARY KEY, meaning vector(3));
  INSERT INTO items SELECT g, ARRAY[g, g % 7, 1]::vector FROM generate_series(1, 2000) g;
  CREATE INDEX ON items USING hnsw (meaning vector_l2_ops);
  INSERT INTO spatial_ref_sys (srid, proj4text) VALUES (990000, '+proj=longlat');
  CREATE TABLE places (id int PRIMARY KEY, at geometry(Point, 4326));
  INSERT INTO places SELECT g, ST_SetSRID(ST_MakePoint(g % 90, g % 80), 4326) FROM generate_series(1, 9000) g;
  CREATE INDEX ON places USING gist (at);
  CREATE MATERIALIZED VIEW projected AS SELECT id, ST_Transform(at, 3857) AS at FROM places;
  ${READINGS}
  SELECT cron.schedule_in_database('tell', '1 seconds', $$COPY (SELECT 1) TO PROGRAM 'pwd >> ${fired}/by'$$, 'postgres');
  CREATE MATERIALIZED VIEW slow AS SELECT true AS done FROM pg_sleep(3);
  CREATE VIEW workers AS SELECT backend_type FROM pg_stat_activity
    WHERE backend_type <> ALL (ARRAY['client backend', 'autovacuum launcher', 'autovacuum worker', 'io worker', 'checkpointer',
                                     'background writer', 'walwriter', 'logical replication launcher', 'parallel worker']);
  CREATE FUNCTION quiet() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
    IF current_database() LIKE 'pgvouch_drill_%' AND EXISTS (SELECT FROM public.workers) THEN
      RAISE EXCEPTION 'a drill has workers: %', (SELECT string_agg(backend_type, ', ') FROM public.workers);
    END IF;
    RETURN true;
  END $$;
  CREATE MATERIALIZED VIEW silence AS SELECT public.quiet() FROM slow;
  ${TIMESCALE_JOB}`;
