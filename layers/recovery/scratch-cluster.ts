import { chownSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import type { StoredCluster } from '../catalog/read-cluster.ts';
import { NOBODY } from '../postgres/places/daemon.ts';
import { type RecoveringServer, startRecoveringServer } from '../postgres/places/recovering-server.ts';
import type { Vault } from '../vault/vault.ts';
import type { WalObject } from '../wal/holdings.ts';
import type { RecoveryPlan } from '../wal/recovery-plan.ts';
import { settingsOfPlan } from '../wal/recovery-settings.ts';
import type { StoredBase } from '../wal/stored-base.ts';
import type { BringDeps } from './bring-base.ts';
import { bringCluster } from './bring-cluster.ts';
import { writeOwned } from './data-directory.ts';
import { openWalFeed, type WalFeed } from './wal-feed.ts';

export interface ScratchClusterRequest {
  readonly vault: Vault;
  readonly stored: StoredCluster;
  /** The full base backup first. */
  readonly chain: readonly StoredBase[];
  /** The WAL that recovery reads. */
  readonly objects: readonly WalObject[];
  /** As in {@link BringDeps}. */
  readonly combineProgram: BringDeps['combineProgram'];
  /** An empty folder of its own, which somebody else removes; see scratch-folder.ts. */
  readonly folder: string;
  readonly signal: AbortSignal;
  /** As in {@link BringDeps}; nobody by default. */
  readonly onProgress?: BringDeps['onProgress'];
  /** Called with each object of WAL that the server was given. */
  readonly onFed?: (object: WalObject) => void;
}

/** The files of a cluster in a scratch place, and what its server needs to recover there. */
export interface ScratchCluster {
  readonly dataDir: string;
  /** The folder of each tablespace, by its oid. */
  readonly tablespaces: ReadonlyMap<string, string>;
  readonly feed: WalFeed;
  /**
   * Starts a server that recovers, and waits until it is consistent. One at a time: what the one before has replayed is
   * not replayed again.
   *
   * @param pause - to pause at the target, instead of taking writes there
   * @throws {@link RecoveryEnded} if it ends before it is consistent
   */
  start(to: Target, how: ServerPlace & { readonly pause: boolean }): Promise<RecoveringServer>;
  close(): void;
}

export type Target = Pick<RecoveryPlan, 'target' | 'toTheEnd' | 'timeline'>;

/** With what a server is started. */
export interface ServerPlace {
  /** Of the cluster's own major. */
  readonly installation: string;
  readonly env: Readonly<Record<string, string>>;
  /** Roles that the cluster may have. */
  readonly roles: readonly string[];
  /** Beyond what every such server gets. */
  readonly settings: Readonly<Record<string, string>>;
}

/**
 * Brings a base backup into a scratch place. The server there is nobody's but ours: it has no network, archives nothing,
 * preloads nothing, runs no jobs, and follows no other server. The cluster's own configuration is not used.
 *
 * @throws {@link VaultError} if the base backup is not what was stored, {@link ConfigError} if the disk is short
 */
export async function bringScratchCluster(request: ScratchClusterRequest): Promise<ScratchCluster> {
  const { vault, stored, chain, objects, folder, combineProgram, signal, onFed } = request;
  const base = chain.at(-1)?.base;
  const dataDir = path.join(folder, 'data');
  const moved = (base?.tablespaces ?? []).flatMap(({ oid, location }) =>
    oid === undefined || location === undefined ? [] : [{ oid, location, to: path.join(folder, `tablespace-${oid}`) }],
  );
  for (const one of [dataDir, ...moved.map(({ to }) => to)]) makeForServer(one);
  const tablespaces = new Map(moved.map(({ location, to }) => [location, to]));
  const { onProgress = () => {} } = request;
  const { main } = await bringCluster({ vault, combineProgram, onProgress }, { chain, dataDir, tablespaces, signal });
  const { systemIdentifier } = stored.cluster;
  const feed = await openWalFeed({
    ...{ vault, systemIdentifier, holdings: stored.holdings, objects },
    ...{ folder: path.join(folder, 'wal'), owner: main, signal, ...(onFed && { onFed }) },
  });
  return {
    ...{ dataDir, feed, tablespaces: new Map(moved.map(({ oid, to }) => [oid, to])) },
    async start(to, { pause, settings, ...place }) {
      // Once only: recovery takes it away when it has ended.
      await writeOwned(main, 'recovery.signal', '');
      for (const name of ['postgresql.conf', 'postgresql.auto.conf', 'pg_ident.conf']) await writeOwned(main, name, '');
      await writeOwned(main, 'pg_hba.conf', 'local all all trust\n');
      // Nothing has been set before, so nothing is taken back: a target that is empty counts as a second one here.
      const planned = settingsOfPlan(to, stored.histories.has(to.timeline));
      const recovery = Object.fromEntries(planned.filter(([, value]) => value !== ''));
      const major = base?.server.major ?? 0;
      return startRecoveringServer({
        ...place,
        ...{ dataDir, socketFolder: folder, signal },
        settings: {
          ...SETTINGS,
          // A trigger on logins would refuse us.
          ...(major >= 17 && { event_triggers: 'off' }),
          ...settings,
          ...recovery,
          ...(pause && { recovery_target_action: 'pause' }),
          restore_command: feed.restoreCommand,
        },
      });
    },
    close: feed.close,
  };
}

function makeForServer(folder: string): void {
  mkdirSync(folder, { mode: 0o700 });
  if (process.getuid?.() === 0) chownSync(folder, NOBODY, NOBODY);
}

const SETTINGS = {
  hot_standby: 'on',
  // It waits for the queries that are under way, instead of ending them.
  max_standby_archive_delay: '-1',
  restart_after_crash: 'off',
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  autovacuum: 'off',
  jit: 'off',
  archive_mode: 'off',
  shared_preload_libraries: '',
  session_preload_libraries: '',
  local_preload_libraries: '',
  max_logical_replication_workers: '0',
  primary_conninfo: '',
  primary_slot_name: '',
  synchronous_standby_names: '',
  logging_collector: 'off',
  log_destination: 'stderr',
  ssl: 'off',
} as const;
