import type { Context } from 'aws-lambda';
import type { WalAnswer } from '../../layers/archiving/answer.ts';
import { wal } from '../../layers/archiving/wal.ts';
import { startDeadline } from '../../layers/deadline/deadline.ts';
import { createLogger } from '../../layers/log/logger.ts';
import { readTarget, WALSENDER } from '../../layers/postgres/connect/read-target.ts';
import { withSettingsFile } from '../../layers/settings/settings-file.ts';
import { openVault } from '../../layers/vault/vault.ts';
import { readWalConfig } from './config.ts';

const env = withSettingsFile(process.env);
const config = readWalConfig(env);
const log = createLogger(env);
const deps = {
  vault: openVault(config.vault),
  recipients: config.recipients,
  target: () => readTarget(config.postgres, Date.now(), WALSENDER),
  clock: () => new Date(),
};

/** Schedule fired → the WAL that the server has written since is in the bucket. */
export async function handler(_event: unknown, context: Context): Promise<WalAnswer> {
  const deadline = startDeadline(context, 'archive WAL');
  const { slot, windowDays, mode, partialEveryMs } = config;
  const request = { slot, windowDays, mode, partialEveryMs, deadline };
  return wal({ ...deps, log: log.child({ requestId: context.awsRequestId }) }, request).finally(deadline.clear);
}
