import { parseFunctionFailed } from '../../events/function-failed.ts';
import type { FailureRecord } from '../../layers/backup/failure.ts';
import { createLogger } from '../../layers/log/logger.ts';
import { openVault } from '../../layers/vault/vault.ts';
import { readNotifyConfig } from './config.ts';
import { notify } from './notify.ts';

const config = readNotifyConfig(process.env);
const deps = {
  vault: openVault(config.vault),
  databases: config.databases,
  webhook: config.webhook,
  log: createLogger(process.env),
};

/** A function failed for good → a failure record in the vault, and people told. */
export async function handler(event: unknown): Promise<FailureRecord> {
  return notify(deps, parseFunctionFailed(event), new Date());
}
