import type { Context } from 'aws-lambda';
import { parseVerifyFired } from '../../events/verify-fired.ts';
import { startDeadline } from '../../layers/backup/deadline.ts';
import { createLogger } from '../../layers/log/logger.ts';
import { findClientPrograms } from '../../layers/postgres/client-programs.ts';
import { openVault } from '../../layers/vault/vault.ts';
import { readVerifyConfig } from './config.ts';
import { verifyAll } from './verify-all.ts';

const config = readVerifyConfig(process.env); // a bad deploy fails at its first cold start, loudly
const deps = {
  vault: openVault(config.vault),
  clientPrograms: () => findClientPrograms(config.clientFolders),
  drillPlace: config.drillPlace,
  log: createLogger(process.env),
  clock: () => new Date(),
};

/** Manifest created, or a schedule → a verdict on each backup. */
export async function handler(event: unknown, context: Context): Promise<void> {
  const fired = parseVerifyFired(event, config.vault);
  const deadline = startDeadline(context, 'verify');
  return verifyAll(deps, fired, deadline.signal).finally(deadline.clear);
}
