import { tmpdir } from 'node:os';
import { z } from 'zod';
import { type Environment, type EnvironmentReader, readEnvironment } from '../../layers/backup/environment.ts';
import { splitHint, textOf } from '../../layers/backup/errors.ts';
import { readClientFolders } from '../../layers/postgres/client-programs.ts';
import { readTargetUrl } from '../../layers/postgres/target-url.ts';
import { readVaultConfig } from '../../layers/vault/config.ts';
import type { DrillPlace } from './scratch.ts';

export type VerifyConfig = ReturnType<typeof readVerifyConfig>;

/** @throws {@link ConfigError} with every problem at once */
export function readVerifyConfig(env: Environment) {
  const read = readEnvironment(env, 'verify');
  const config = {
    vault: readVaultConfig(read),
    clientFolders: readClientFolders(read),
    drillPlace: readDrillPlace(read),
  };
  read.done();
  return Object.freeze(config);
}

/** `DRILL=off`, `DRILL_DATABASE_URL`, or the installations in `SCRATCH_POSTGRES_DIR` (folders, separated by colons). */
function readDrillPlace(read: EnvironmentReader): DrillPlace | undefined {
  const drill = read.get('DRILL', z.enum(['on', 'off'], 'must be on or off').default('on'));
  const url = read.get('DRILL_DATABASE_URL', z.string().optional());
  const installations = read.get('SCRATCH_POSTGRES_DIR', z.string().default('/opt/scratch-postgres'));
  const folder = read.get('DRILL_FOLDER', z.string().default(tmpdir()));
  if (drill === 'off') return undefined;
  let server: DrillPlace['server'];
  try {
    server = url === undefined ? undefined : readTargetUrl(url, 'DRILL_DATABASE_URL').target;
  } catch (error) {
    read.problem(splitHint(textOf(error)).problem);
  }
  return { installations: installations.split(':'), server, folder };
}
