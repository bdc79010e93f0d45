import { randomUUID } from 'node:crypto';
import { parseFunctionEnded } from '../../events/function-ended.ts';
import type { FailureRecord } from '../../layers/backup/failure.ts';
import { readFound } from '../../layers/catalog/read-found.ts';
import { createLogger } from '../../layers/log/logger.ts';
import { withSettingsFile } from '../../layers/settings/settings-file.ts';
import { openVault } from '../../layers/vault/vault.ts';
import { readPings } from '../../layers/webhook/config.ts';
import { openPings } from '../../layers/webhook/pings.ts';
import { readNotifyConfig } from './config.ts';
import { notify } from './notify.ts';

const env = withSettingsFile(process.env);
const config = readNotifyConfig(env);
const log = createLogger(env);
const clock = () => new Date();
const vault = openVault(config.vault);
const found = async () => (await readFound(vault, () => undefined))?.databases.map(({ name }) => name) ?? [];
const pings = openPings({ ...readPings(env), databases: config.databases, ...(config.finds && { found }), log, clock });
const deps = { ...config, vault, pings, log, clock, newId: randomUUID };

/** A function ended, for good → a failure is recorded and sent to people; a success is sent if it ends their trouble. */
export async function handler(event: unknown): Promise<FailureRecord | undefined> {
  return notify(deps, parseFunctionEnded(event));
}
