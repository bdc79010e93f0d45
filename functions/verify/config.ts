import { splitHint, textOf } from '../../layers/backup/errors.ts';
import { readTargetUrl } from '../../layers/postgres/connect/target-url.ts';
import { readClientFolders } from '../../layers/postgres/programs/client-programs.ts';
import { checkScratchFolder, readScratchPlace } from '../../layers/scratch/config.ts';
import { readIdentities } from '../../layers/seal/config.ts';
import { perDatabase } from '../../layers/settings/database-settings.ts';
import {
  type Environment,
  type EnvironmentReader,
  readEnvironment,
  type SecretSource,
} from '../../layers/settings/environment.ts';
import { namesIn } from '../../layers/settings/shapes.ts';
import { readVaultConfig } from '../../layers/vault/config.ts';
import { readPingSource } from '../../layers/webhook/config.ts';
import type { LargerTask } from './hand-over.ts';
import type { DrillPlace } from './scratch.ts';

export type VerifyConfig = ReturnType<typeof readVerifyConfig>;

/** @throws {@link ConfigError} with every problem at once */
export function readVerifyConfig(env: Environment) {
  const read = readEnvironment(env, 'verify');
  const config = {
    vault: readVaultConfig(read),
    identities: readIdentities(read),
    clientFolders: readClientFolders(read),
    drillPlace: readDrillPlace(read),
    againDays: read.get('VERIFY_AGAIN_DAYS'),
    task: readLargerTask(read),
    ping: readPingSource(read),
  };
  read.done();
  return Object.freeze(config);
}

/** Where drills of a database are. @throws {@link ConfigError} for what is wrong, when it is asked for */
export function readDrillPlaces(env: Environment): (database: string) => DrillPlace | undefined {
  return perDatabase(env, (own) => readVerifyConfig(own).drillPlace);
}

function readLargerTask(read: EnvironmentReader): LargerTask | undefined {
  const [place, fromGb] = [read.get('VERIFY_TASK'), read.get('VERIFY_TASK_FROM_GB')];
  const extensions = namesIn(read.get('TASK_SCRATCH_EXTENSIONS') ?? '');
  return place && { place, fromBytes: fromGb === undefined ? undefined : fromGb * 1e9, extensions };
}

/**
 * `DRILL=off`, `DRILL_DATABASE_URL` with its password in the URL or beside it (`DRILL_DATABASE_PASSWORD`, or its
 * `_SECRET`), or the installations in `SCRATCH_POSTGRES_DIR` (folders, separated by colons) and those made in
 * `SCRATCH_CACHE_DIR`, with at most `DRILL_DISK_MB` of `DRILL_FOLDER`, and
 * `DRILL_PIECE_MB` at a time.
 */
function readDrillPlace(read: EnvironmentReader): DrillPlace | undefined {
  const drill = read.get('DRILL');
  const url = read.get('DRILL_DATABASE_URL');
  const place = readScratchPlace(read);
  const password = read.secret('DRILL_DATABASE_PASSWORD');
  const pieceMb = read.get('DRILL_PIECE_MB');
  if (drill === 'off') return undefined;
  if (url === undefined && password) read.problem('DRILL_DATABASE_PASSWORD is set without DRILL_DATABASE_URL');
  if (url === undefined) checkScratchFolder(read, place.folder);
  const server = url === undefined ? undefined : readDrillServer(read, url, password);
  return { ...place, server, ...(pieceMb && { pieceBytes: pieceMb * 1_000_000 }) };
}

function readDrillServer(
  read: EnvironmentReader,
  url: string,
  password: SecretSource | undefined,
): DrillPlace['server'] {
  try {
    const { target } = readTargetUrl(url, 'DRILL_DATABASE_URL');
    const inUrl = target.password === undefined ? undefined : { name: 'DRILL_DATABASE_URL', value: target.password };
    if (inUrl && password) read.problem('DRILL_DATABASE_URL contains a password and another one is set: keep one');
    const { host, port, ...rest } = target;
    return { ...rest, hosts: [{ host, port }], targetSessionAttrs: 'any', password: password ?? inUrl };
  } catch (error) {
    read.problem(splitHint(textOf(error)).problem);
    return undefined;
  }
}
