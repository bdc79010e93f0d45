import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import type { Recovery } from '../../../functions/recovery/recovery.ts';
import { readClusters } from '../../../layers/catalog/read-cluster.ts';
import type { DebianMajor } from '../../../layers/debian/postgresql.ts';
import { NOBODY } from '../../../layers/postgres/places/daemon.ts';
import { withIdentities } from '../../../layers/seal/opening-vault.ts';
import { clustersFolder } from '../../../layers/wal/keys.ts';
import { runFolder } from '../run/run-folder.ts';
import { pgvouch, urlOf, variablesOf } from '../servers/command-line.ts';
import { startTestPostgres } from '../servers/postgres.ts';
import { stockTools } from '../servers/stock-tools.ts';
import { verifyBackup } from '../servers/verify-backup.ts';
import type { AgeKeys } from './age-keys.ts';
import { baseWorld } from './base-world.ts';
import { recoveryWorld } from './recovery-world.ts';
import { folderForData, recovering } from './stored-cluster.ts';

/** A moment, the rows that there were, and how many base backups recovery to it begins with. */
export interface Moment {
  readonly at: string;
  readonly rows: readonly number[];
  readonly parts: number;
}

/** A cluster whose bucket was written by base and wal alone. */
export interface RecordedCluster {
  readonly moments: readonly Moment[];
  /** Restores it as of a moment, has PostgreSQL verify its files, starts it there, and expects the rows of then. */
  expectRecovery(moment: Moment): Promise<void>;
  /** Restores the table alone as of a moment, into a database of its own, and expects the rows of then. */
  expectTable(moment: Moment): Promise<void>;
  /** The same as the whole, by the commands that --print prints. */
  expectStockRecovery(moment: Moment): Promise<void>;
  /** The verdict of a recovery drill of the newest base backup, with all that it stands on. */
  drill(how?: { readonly opens: boolean }): Promise<Recovery | undefined>;
  /** The names of everything in the cluster's folder. */
  files(): Promise<string[]>;
  end(): Promise<void>;
}

/**
 * Lets base and wal store a cluster with a tablespace of its own, whose table `rows` gets a row after the other.
 *
 * @param withIncrements - two of them
 * @param keys - it is sealed for them
 */
export async function recordCluster(
  installation: string,
  major: DebianMajor | 16,
  withIncrements: boolean,
  keys?: AgeKeys,
): Promise<RecordedCluster> {
  const postgres = await startTestPostgres({
    installation,
    settings: {
      ...{ full_page_writes: 'on', autovacuum: 'off' },
      ...(withIncrements && { summarize_wal: 'on' }),
    },
  });
  const location = ownFolder('tablespace');
  await postgres.sql('postgres', `CREATE TABLESPACE there LOCATION '${location}'`);
  await postgres.sql('postgres', 'CREATE TABLE rows (number int) TABLESPACE there');
  await postgres.sql(
    'postgres',
    'CREATE TABLE ballast AS SELECT md5(i::text) AS x FROM generate_series(1, 20000) AS i',
  );
  const here = await baseWorld(postgres, undefined, keys?.recipients);
  const moments: Moment[] = [];
  let parts = 1;
  const insert = async (number: number) => {
    await postgres.sql('postgres', `INSERT INTO rows VALUES (${number})`);
    await postgres.sql('postgres', `UPDATE ballast SET x = '${number}' WHERE ctid = '(${number},1)'`);
  };
  const remember = async (rows: readonly number[]) => {
    const [now] = await postgres.sql<{ at: string }>('postgres', 'SELECT clock_timestamp()::text AS at');
    moments.push({ at: now?.at ?? '', rows, parts });
  };
  await here.stored();
  await insert(1);
  await remember([1]);
  await insert(2);
  for (const number of withIncrements ? [3, 4] : []) {
    expect(await here.stored({ kind: 'incremental' })).toHaveProperty('parent');
    parts++;
    await insert(number);
    await remember([1, 2, 3, 4].slice(0, number));
  }
  await insert(5);
  await here.archive();
  moments.push({ at: 'latest', rows: withIncrements ? [1, 2, 3, 4, 5] : [1, 2, 5], parts });
  const identity = ownIdentity(keys);
  const env = { ...variablesOf(here.vault, postgres.target), ...(keys && { BACKUP_AGE_IDENTITY_FILE: identity }) };

  return {
    ...{ moments, end: () => postgres.end() },
    async files() {
      const objects = await here.vault.listAll(clustersFolder(here.vault.prefix));
      return objects.map(({ key }) => key.split('/').at(-1) ?? '');
    },
    async drill({ opens } = { opens: true }) {
      const [cluster] = await readClusters(here.vault);
      if (cluster === undefined) throw new Error('no cluster is stored');
      const vault = withIdentities(here.vault, opens ? keys?.identities : undefined);
      const [found] = await recoveryWorld(vault, cluster, installation).drill();
      return found;
    },
    async expectRecovery({ at, rows, parts: expected }) {
      const dataDir = folderForData();
      const moved = ownFolder('moved');
      const args = ['--to-dir', dataDir, '--at', at, '--tablespace', `${location}=${moved}`];
      const result = await pgvouch(env, 'restore', ...args);
      expect(result).toMatchObject({ exitCode: 0 });
      if (expected > 1) expect(result.stderr).toContain(`in ${expected} parts`);
      expect(existsSync(`${dataDir}.increments`)).toBe(false);
      await expectRows(dataDir, moved, rows);
    },
    async expectTable({ at, rows }) {
      const [cluster] = await readClusters(here.vault);
      const database = `moment_${moments.findIndex((one) => one.at === at)}`;
      const of = [
        '--cluster',
        cluster?.systemIdentifier ?? '',
        '--database',
        'postgres',
        '--table',
        'rows',
        '--at',
        at,
      ];
      const scratch = { SCRATCH_POSTGRES_DIR: installation, SCRATCH_CACHE_DIR: '' };
      const to = ['--create', '--to', urlOf(postgres.target, database)];
      expect(await pgvouch({ ...env, ...scratch }, 'restore', ...of, ...to)).toMatchObject({ exitCode: 0 });
      const found = await postgres.sql<{ number: number }>(database, 'SELECT number FROM rows ORDER BY number');
      expect(found.map(({ number }) => number)).toEqual(rows);
    },
    async expectStockRecovery({ at, rows }) {
      const dataDir = folderForData();
      const moved = ownFolder('moved');
      const args = ['--to-dir', dataDir, '--at', at, '--tablespace', `${location}=${moved}`, '--print'];
      const { stdout, exitCode } = await pgvouch(env, 'restore', ...args);
      expect(exitCode).toBe(0);
      const PATH = `${await stockTools(here.vault)}:${process.env.PATH}`;
      execFileSync('sh', ['-c', stdout], { env: { PATH, AGE_IDENTITY: identity }, stdio: 'pipe' });
      if (process.getuid?.() === 0) {
        execFileSync('chown', ['-R', `${NOBODY}:${NOBODY}`, dataDir, `${dataDir}.wal`, moved]);
      }
      await expectRows(dataDir, moved, rows);
    },
  };

  async function expectRows(dataDir: string, moved: string, rows: readonly number[]): Promise<void> {
    // Of one part alone stock tools bring the files, and not what is said of them.
    const isThere = existsSync(path.join(dataDir, 'backup_manifest'));
    // Debian has none of 16.
    if (major !== 16 && isThere) await verifyBackup(major, withLinks(dataDir, moved));
    const server = await recovering(dataDir, postgres.target, installation);
    try {
      const found = await server.sql<{ number: number }>('postgres', 'SELECT number FROM rows ORDER BY number');
      expect(found.map(({ number }) => number)).toEqual(rows);
      const changed = await server.sql<{ x: string }>(
        'postgres',
        'SELECT x FROM ballast WHERE length(x) < 32 ORDER BY x',
      );
      expect(changed.map(({ x }) => Number(x))).toEqual(rows);
      const [place] = await server.sql<{ location: string }>(
        'postgres',
        `SELECT pg_tablespace_location(oid) AS location FROM pg_tablespace WHERE spcname = 'there'`,
      );
      expect(place?.location).toBe(moved);
    } finally {
      await server.end();
    }
  }
}

/** PostgreSQL makes the links from tablespace_map when it starts; the files are to be verified before. */
function withLinks(dataDir: string, moved: string): string {
  const oid = readFileSync(path.join(dataDir, 'tablespace_map'), 'utf8').split(' ')[0] ?? '';
  const link = path.join(dataDir, 'pg_tblspc', oid);
  if (!existsSync(link)) symlinkSync(moved, link);
  return dataDir;
}

/** The file of somebody who is not PostgreSQL's user. */
function ownIdentity(keys: AgeKeys | undefined): string {
  const file = path.join(runFolder('identity'), 'key');
  writeFileSync(file, `# mine\n${keys?.identity ?? ''}\n`, { mode: 0o600 });
  return file;
}

/** An empty one of PostgreSQL's user. */
export function ownFolder(name: string): string {
  const folder = runFolder(name);
  chmodSync(folder, 0o711);
  const own = path.join(folder, 'own');
  mkdirSync(own);
  if (process.getuid?.() === 0) chownSync(own, NOBODY, NOBODY);
  return own;
}
