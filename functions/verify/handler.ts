import type { Context } from 'aws-lambda';
import { parseVerifyFired } from '../../events/verify-fired.ts';
import type { Proved } from '../../layers/backup/proved.ts';
import { startDeadline } from '../../layers/deadline/deadline.ts';
import { createLogger } from '../../layers/log/logger.ts';
import { findClientPrograms } from '../../layers/postgres/programs/client-programs.ts';
import { withSettingsFile } from '../../layers/settings/settings-file.ts';
import { openVault } from '../../layers/vault/vault.ts';
import { readPings } from '../../layers/webhook/config.ts';
import { openPings } from '../../layers/webhook/pings.ts';
import { readDrillPlaces, readVerifyConfig } from './config.ts';
import { verifyAll } from './verify-all.ts';

const env = withSettingsFile(process.env);
const config = readVerifyConfig(env); // a bad deploy fails at its first cold start, loudly
const log = createLogger(env);
const clock = () => new Date();
const deps = {
  vault: openVault(config.vault),
  identities: config.identities,
  clientPrograms: () => findClientPrograms(config.clientFolders),
  drillPlace: config.drillPlace,
  drillPlaceOf: readDrillPlaces(env),
  againDays: config.againDays,
  task: config.task,
  log,
  clock,
  // Each ping is about one backup: those of others are never wanted.
  onProved: openPings({ ...readPings(env), databases: [], log, clock }).success,
};

/** Manifest created, or a schedule → a verdict on each backup. */
export async function handler(event: unknown, context: Context): Promise<Proved[]> {
  const fired = parseVerifyFired(event, config.vault);
  const deadline = startDeadline(context, 'verify');
  return verifyAll(deps, fired, deadline.signal).finally(deadline.clear);
}
