import { chmodSync } from 'node:fs';
import pino from 'pino';
import type { RecoveryFired } from '../../../events/recovery-fired.ts';
import type { RecoveryDeps } from '../../../functions/recovery/deps.ts';
import { type Recovery, recovery } from '../../../functions/recovery/recovery.ts';
import { readCluster } from '../../../layers/catalog/read-cluster.ts';
import { embeddedPostgres } from '../../../layers/postgres/places/embedded-installation.ts';
import type { Vault } from '../../../layers/vault/vault.ts';
import { type BaseVerdict, parseBaseVerdict } from '../../../layers/wal/base-verdict.ts';
import type { Cluster } from '../../../layers/wal/cluster.ts';
import { baseVerdictKey } from '../../../layers/wal/keys.ts';
import { runFolder } from '../run/run-folder.ts';
import { clientPrograms } from './world.ts';

export interface RecoveryWorld {
  readonly folder: string;
  readonly log: readonly string[];
  /** Fires recovery for the newest base backup of the cluster, by default. */
  drill(fired?: RecoveryFired, changes?: Partial<RecoveryDeps>, signal?: AbortSignal): Promise<Recovery[]>;
  /** The verdict that counts, of the newest base backup. */
  verdict(): Promise<BaseVerdict>;
}

/** Recovery drills of one cluster, in a folder of their own. */
export function recoveryWorld(
  vault: Vault,
  { systemIdentifier }: Pick<Cluster, 'systemIdentifier'>,
  installation = embeddedPostgres(),
): RecoveryWorld {
  const log: string[] = [];
  const folder = runFolder('recovery');
  // PostgreSQL's user must get through.
  chmodSync(folder, 0o711);
  const deps: RecoveryDeps = {
    ...{ vault, clientPrograms },
    place: { installations: [installation], folder },
    // The one that is there comes last.
    roles: ['nobody_has_this_name', 'postgres'],
    log: pino({ level: 'debug' }, { write: (line: string) => void log.push(line) }),
    clock: () => new Date(),
  };
  return {
    ...{ folder, log },
    drill: (
      fired = { kind: 'newest', cluster: systemIdentifier },
      changes = {},
      signal = AbortSignal.timeout(100_000),
    ) => recovery({ ...deps, ...changes }, fired, signal),
    async verdict() {
      const stored = await readCluster(vault, {
        ...{ format: 'pgvouch/cluster', formatVersion: 1, systemIdentifier },
        ...{ segmentSizeBytes: 16 * 1024 ** 2, major: 18, createdAt: '' },
      });
      const newest = [...stored.bases].sort((a, b) => b.stoppedAt.getTime() - a.stoppedAt.getTime())[0];
      if (newest?.verdict === undefined) throw new Error('no base backup has a verdict');
      const key = baseVerdictKey(vault.prefix, { systemIdentifier, startedAt: newest.startedAt }, newest.verdict);
      return parseBaseVerdict((await vault.getText(key)) ?? '', key);
    },
  };
}
