import { tmpdir } from 'node:os';
import type { Context } from 'aws-lambda';
import { parseRefreshFired } from '../../events/refresh-fired.ts';
import { startDeadline } from '../../layers/deadline/deadline.ts';
import { createLogger } from '../../layers/log/logger.ts';
import { findClientPrograms } from '../../layers/postgres/programs/client-programs.ts';
import { withSettingsFile } from '../../layers/settings/settings-file.ts';
import { openVault } from '../../layers/vault/vault.ts';
import { readRefreshConfig } from './config.ts';
import { refreshDeps } from './deps.ts';
import { findRefresh } from './find-refresh.ts';
import { type Refreshed, refresh } from './refresh.ts';

const env = withSettingsFile(process.env);
const config = readRefreshConfig(env); // a bad deploy fails at its first cold start, loudly
const log = createLogger(env);
const deps = {
  ...refreshDeps(config),
  ...{ vault: openVault(config.vault), log, temporaryFolder: tmpdir(), clock: () => new Date() },
  clientPrograms: () => findClientPrograms(config.clientFolders),
};

/** Schedule fired → a database elsewhere has become the newest proved backup of one of ours. */
export async function handler(event: unknown, context: Context): Promise<Refreshed> {
  const { name, again } = parseRefreshFired(event);
  const settings = findRefresh(config.refreshes, name);
  const deadline = startDeadline(context, `refresh ${settings.name}`, 1000 * settings.timeoutS);
  return refresh(deps, { refresh: settings, again, deadline }).finally(deadline.clear);
}
