import type { Context } from 'aws-lambda';
import { createLogger } from '../../layers/log/logger.ts';
import { withSettingsFile } from '../../layers/settings/settings-file.ts';
import { openVault } from '../../layers/vault/vault.ts';
import { readRetentionConfigs } from './config.ts';
import { readRetentionRequest } from './request.ts';
import { type RetentionOutcome, retain, withoutMany } from './retention.ts';

const env = withSettingsFile(process.env);
const config = readRetentionConfigs(env);
const log = createLogger(env);
const vault = openVault(config.vault);

/** Schedule fired → what the policy lets go is retired, what was retired long enough ago goes, what is stale is swept. */
export async function handler(event: unknown, context: Context): Promise<Partial<RetentionOutcome>> {
  const { dryRun } = readRetentionRequest(event);
  const deps = { vault, log: log.child({ requestId: context.awsRequestId }) };
  return retain(deps, { ...config, dryRun: config.dryRun || dryRun, now: new Date() }).then(withoutMany);
}
