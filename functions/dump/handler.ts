import { randomUUID } from 'node:crypto';
import type { Context } from 'aws-lambda';
import { parseScheduleFired } from '../../events/schedule-fired.ts';
import type { Manifest } from '../../layers/backup/manifest.ts';
import { startDeadline } from '../../layers/deadline/deadline.ts';
import { progressChannel } from '../../layers/log/dump-progress.ts';
import { createLogger } from '../../layers/log/logger.ts';
import { readTarget } from '../../layers/postgres/connect/read-target.ts';
import { findClientPrograms } from '../../layers/postgres/programs/client-programs.ts';
import { perDatabase } from '../../layers/settings/database-settings.ts';
import { withSettingsFile } from '../../layers/settings/settings-file.ts';
import { openVault } from '../../layers/vault/vault.ts';
import { readPings } from '../../layers/webhook/config.ts';
import { openPings } from '../../layers/webhook/pings.ts';
import { answerOf, type ManifestHead, type OpenPart } from './answer.ts';
import { readDumpConfig, requestOptions } from './config.ts';
import { dump } from './dump.ts';
import { type Gone, goneIfFound } from './gone.ts';
import { raiseFall } from './raise-fall.ts';

const env = withSettingsFile(process.env);
const config = readDumpConfig(env); // a bad deploy fails at its first cold start, loudly
const configOf = perDatabase(env, readDumpConfig);
const log = createLogger(env);
const clock = () => new Date();
const deps = {
  vault: openVault(config.vault),
  recipients: config.recipients,
  clientPrograms: () => findClientPrograms(config.clientFolders),
  target: (database: string) => readTarget(config.postgres, Date.now(), { database }),
  log,
  clock,
  onProgress: progressChannel(log),
  onStart: openPings({ ...readPings(env), databases: config.databases, log, clock }).start,
};

/** Schedule fired → one backup of one database in the vault. */
export async function handler(event: unknown, context: Context): Promise<Manifest | ManifestHead | OpenPart | Gone> {
  const { firedAt, database } = parseScheduleFired(event, { ...config, now: new Date() });
  const deadline = startDeadline(context, `dump "${database}"`, config.timeoutMs);
  // The firing names the backup, the attempt its archive: a redelivery cannot make a second backup.
  const request = {
    database,
    firedAt,
    attempt: randomUUID(),
    deadline,
    ...requestOptions(configOf(database), database),
  };
  return dump(deps, request)
    .then((manifest) => raiseFall(deps, manifest))
    .then(answerOf)
    .catch((error) => goneIfFound(deps, request, config.patterns, error))
    .finally(deadline.clear);
}
