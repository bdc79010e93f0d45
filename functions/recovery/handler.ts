import type { Context } from 'aws-lambda';
import { parseRecoveryFired } from '../../events/recovery-fired.ts';
import { startDeadline } from '../../layers/deadline/deadline.ts';
import { createLogger } from '../../layers/log/logger.ts';
import { findClientPrograms } from '../../layers/postgres/programs/client-programs.ts';
import { withIdentities } from '../../layers/seal/opening-vault.ts';
import { withSettingsFile } from '../../layers/settings/settings-file.ts';
import { openVault } from '../../layers/vault/vault.ts';
import { readRecoveryConfig } from './config.ts';
import { type Recovery, recovery } from './recovery.ts';

const env = withSettingsFile(process.env);
const config = readRecoveryConfig(env); // a bad deploy fails at its first cold start, loudly
const log = createLogger(env);
const { identities, place, roles, task } = config;
const deps = {
  ...{ vault: withIdentities(openVault(config.vault), identities), identities, place, roles, task, log },
  clientPrograms: () => findClientPrograms(config.clientFolders),
  clock: () => new Date(),
};

/** Base backup created, or a schedule → it is recovered with, to the end of the WAL, and has its verdict. */
export async function handler(event: unknown, context: Context): Promise<Recovery[]> {
  const fired = parseRecoveryFired(event, config.vault);
  const deadline = startDeadline(context, 'recovery drill');
  const { signal, remainingMs: limitMs } = deadline;
  return recovery({ ...deps, limitMs }, fired, signal).finally(deadline.clear);
}
