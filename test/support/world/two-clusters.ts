import type { Recovery } from '../../../functions/recovery/recovery.ts';
import type { ClusterWindowsShape } from '../../../layers/api/shapes.ts';
import { findCluster } from '../../../layers/catalog/read-cluster.ts';
import type { Vault } from '../../../layers/vault/vault.ts';
import type { BaseVerdict } from '../../../layers/wal/base-verdict.ts';
import { clusterFolder } from '../../../layers/wal/keys.ts';
import { pgvouch, variablesOf } from '../servers/command-line.ts';
import { startTestPostgres, type TestPostgres } from '../servers/postgres.ts';
import { type BaseWorld, baseWorld } from './base-world.ts';
import { recoveryWorld } from './recovery-world.ts';
import { folderForData, recovering } from './stored-cluster.ts';
import { freshVault } from './world-vault.ts';

/** One of the clusters that share a bucket, with its server, and its slot. */
export interface OneOfTwo extends BaseWorld {
  readonly postgres: TestPostgres;
  readonly systemIdentifier: string;
  /** The variables of its server and of the bucket. */
  readonly env: Record<string, string>;
  insert(row: number): Promise<void>;
  /** A moment after its base backup, and before there was any row. */
  readonly emptyAt: string;
  /** What the last drill of its newest base backup found. */
  verdict(): Promise<BaseVerdict>;
  /** All that is in its folder, with sizes and times. */
  objects(): Promise<unknown[]>;
  /** As `pgvouch status --json` says it. */
  standing(): Promise<ClusterWindowsShape>;
  /** Restores it with these options, starts it, and reads its rows. */
  rowsAfterRestore(...options: string[]): Promise<number[]>;
}

export interface TwoClusters {
  readonly vault: Vault;
  readonly both: readonly [OneOfTwo, OneOfTwo];
  /** Fires recovery as its schedule does: for the newest base backup of each. */
  drill(): Promise<Recovery[]>;
  end(): Promise<void>;
}

/**
 * Two servers that archive into one bucket, each with a base backup, the row of its number after it, and its WAL.
 *
 * @param installations - different ones: their clusters have system identifiers of their own
 */
export async function startTwoClusters(installations: readonly [string, string]): Promise<TwoClusters> {
  const { vault } = await freshVault();
  const first = await begin(vault, installations[0], 1);
  // So the first has a past that the second does not have.
  const both = [first, await begin(vault, installations[1], 2)] as const;
  const { folder, drill } = recoveryWorld(vault, both[0]);
  const place = { installations, folder };
  return {
    ...{ vault, both },
    drill: () => drill({ kind: 'newest' }, { place }),
    async end() {
      await Promise.all(both.map(({ postgres }) => postgres.end()));
    },
  };
}

async function begin(vault: Vault, installation: string, number: number): Promise<OneOfTwo> {
  const settings = { full_page_writes: 'on', autovacuum: 'off', max_slot_wal_keep_size: '1GB' };
  const postgres = await startTestPostgres({ installation, settings });
  await postgres.sql('postgres', 'CREATE TABLE rows (number int)');
  const here = await baseWorld(postgres, vault);
  await here.stored({ startedAt: new Date(Date.UTC(2026, 10, 22, 1, number)) });
  const [now] = await postgres.sql<{ at: string }>('postgres', 'SELECT clock_timestamp()::text AS at');
  const { host, port } = postgres.target;
  const { systemIdentifier } = await findCluster(vault, `${host}:${port}`);
  const env = {
    ...variablesOf(vault, postgres.target),
    ...{ REPLICATION_USER: postgres.target.user, REPLICATION_PASSWORD: postgres.target.password ?? '' },
  };
  const one: OneOfTwo = {
    ...here,
    ...{ postgres, systemIdentifier, env, emptyAt: now?.at ?? '' },
    insert: async (row) => void (await postgres.sql('postgres', `INSERT INTO rows VALUES (${row})`)),
    verdict: recoveryWorld(vault, { systemIdentifier }).verdict,
    objects: () => vault.listAll(clusterFolder(vault.prefix, systemIdentifier)),
    async standing() {
      const { stdout } = await pgvouch(env, 'status', '--cluster', systemIdentifier, '--json');
      return JSON.parse(stdout)[0];
    },
    async rowsAfterRestore(...options) {
      const dataDir = folderForData();
      const result = await pgvouch(env, 'restore', '--cluster', systemIdentifier, '--to-dir', dataDir, ...options);
      if (result.exitCode !== 0) throw new Error(result.stderr);
      const server = await recovering(dataDir, postgres.target, installation);
      try {
        const rows = await server.sql<{ number: number }>('postgres', 'SELECT number FROM rows ORDER BY number');
        return rows.map((row) => row.number);
      } finally {
        await server.end();
      }
    },
  };
  await one.insert(number);
  await one.archive();
  return one;
}
