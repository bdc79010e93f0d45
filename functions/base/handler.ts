import { randomUUID } from 'node:crypto';
import type { Context } from 'aws-lambda';
import { parseBaseFired } from '../../events/base-fired.ts';
import { startDeadline } from '../../layers/deadline/deadline.ts';
import { createLogger } from '../../layers/log/logger.ts';
import { readTarget, WALSENDER } from '../../layers/postgres/connect/read-target.ts';
import { withSettingsFile } from '../../layers/settings/settings-file.ts';
import { openVault } from '../../layers/vault/vault.ts';
import type { BaseAnswer } from './answer.ts';
import { base } from './base.ts';
import { readBaseConfig } from './config.ts';

const env = withSettingsFile(process.env);
const config = readBaseConfig(env);
const log = createLogger(env);
const deps = {
  vault: openVault(config.vault),
  recipients: config.recipients,
  target: () => readTarget(config.postgres, Date.now(), WALSENDER),
  clock: () => new Date(),
};

/** Schedule fired → one base backup of the cluster in the vault, with the WAL that it needs. */
export async function handler(event: unknown, context: Context): Promise<BaseAnswer> {
  const { firedAt, kind } = parseBaseFired(event, new Date());
  const deadline = startDeadline(context, 'take a base backup', config.timeoutMs);
  const { slot, windowDays } = config;
  const request = { startedAt: firedAt, attempt: randomUUID(), kind, slot, windowDays, deadline };
  return base({ ...deps, log: log.child({ requestId: context.awsRequestId }) }, request).finally(deadline.clear);
}
