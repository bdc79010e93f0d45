import { ConfigError } from '../../../layers/backup/errors.ts';
import type { Manifest } from '../../../layers/backup/manifest.ts';
import { clusterManifests } from '../../../layers/catalog/cluster-manifests.ts';
import { readCatalog } from '../../../layers/catalog/read-catalog.ts';
import { chooseOwnMajor, lackingWords, neededBytes, shortOfRoom } from '../../../layers/recovery/scratch-needs.ts';
import type { ChosenServer } from '../../../layers/scratch/choose-server.ts';
import { NO_IDENTITIES } from '../../../layers/seal/identities.ts';
import { openIfPossible } from '../../../layers/seal/manifest.ts';
import type { RecoveryPlan } from '../../../layers/wal/recovery-plan.ts';
import { bytes } from '../../../layers/words/sizes.ts';
import type { MomentDeps, MomentRequest } from './request.ts';

/**
 * Looks whether the cluster can be recovered on this machine, before anything is fetched, and says what it takes.
 *
 * @returns the server to recover with; whoever gets it releases it
 * @throws {@link ConfigError} if there is no server of the cluster's major or no room, or if it is not said which of
 * several databases is meant
 */
export async function prepare(
  { vault, identities = NO_IDENTITIES, place, onRemark }: MomentDeps,
  { stored, plan, database, toFile, signal }: MomentRequest,
): Promise<ChosenServer> {
  const { systemIdentifier, segmentSizeBytes } = stored.cluster;
  const subject = `cluster ${systemIdentifier}`;
  const manifests: Manifest[] = [];
  const { entries } = await readCatalog(vault);
  for (const list of entries.values()) {
    const { value } = await clusterManifests(vault, list, systemIdentifier, signal, openIfPossible(identities)).next();
    if (value !== undefined) manifests.push(value);
  }
  const wanted = database === undefined ? manifests : manifests.filter((one) => one.database === database);
  if (database === undefined && manifests.length > 1) throw whichDatabase(manifests.map((one) => one.database));
  const needed = neededBytes(plan.chain, plan.objects.length, segmentSizeBytes);
  const archive = toFile === undefined ? archiveBytes(plan, wanted[0]) : 0;
  const short = shortOfRoom(place, needed + archive);
  if (short !== undefined) {
    const hint = 'set DRILL_FOLDER (or TMPDIR) to a folder with more room';
    throw new ConfigError({ operation: 'recover', subject, problem: short, hint });
  }
  onRemark(`it takes about ${bytes(needed + archive)} of disk in ${place.folder}, and removes that in the end`);
  const major = plan.chain.at(-1)?.base.server.major ?? stored.cluster.major;
  const chosen = await chooseOwnMajor(place, major, wanted, signal);
  if (chosen === undefined) {
    throw new ConfigError({
      operation: 'recover',
      subject,
      problem: `this machine has no server of PostgreSQL ${major}, and the files of a cluster need their own major`,
      hint: `install PostgreSQL ${major}, and set SCRATCH_POSTGRES_DIR to /usr/lib/postgresql/${major}`,
    });
  }
  const lacking = lackingWords(wanted, chosen).map((one) => `${one} Tables that need them cannot be read.`);
  for (const remark of [...chosen.remarks, ...lacking]) onRemark(`! ${remark}`);
  return chosen;
}

export function whichDatabase(names: readonly string[]): ConfigError {
  const problem =
    names.length === 0
      ? 'the cluster has none but postgres and templates'
      : `the cluster has ${[...names].sort().join(', ')}`;
  return new ConfigError({ operation: 'choose the database', problem, hint: 'name it with --database <name>' });
}

/** As large as the last one and half as much; where none is known, half of the cluster's files. */
function archiveBytes({ chain }: RecoveryPlan, manifest: Manifest | undefined): number {
  if (manifest !== undefined) return Math.ceil(1.5 * manifest.archive.sizeBytes);
  return Math.ceil(Math.max(...chain.map(({ base }) => base.contentBytes)) / 2);
}
