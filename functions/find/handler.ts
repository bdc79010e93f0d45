import { randomUUID } from 'node:crypto';
import type { Context } from 'aws-lambda';
import { parseFindFired } from '../../events/find-fired.ts';
import { fitsRecord } from '../../events/invocation-record.ts';
import { startDeadline } from '../../layers/deadline/deadline.ts';
import { invokeFunction } from '../../layers/lambda/invoke-function.ts';
import { createLogger } from '../../layers/log/logger.ts';
import { readTarget } from '../../layers/postgres/connect/read-target.ts';
import { keyOf } from '../../layers/schedule/dump-schedules.ts';
import { withSettingsFile } from '../../layers/settings/settings-file.ts';
import { openVault } from '../../layers/vault/vault.ts';
import { readFindConfig } from './config.ts';
import { type Found, find } from './find.ts';
import { fireDumps } from './fire-dumps.ts';

const env = withSettingsFile(process.env);
const config = readFindConfig(env);
const { patterns, concurrency, dumpFunction, scheduleOf } = config;
const log = createLogger(env);
const deps = {
  vault: openVault(config.vault),
  target: (database: string) => readTarget(config.postgres, Date.now(), { database }),
  log,
  clock: () => new Date(),
};

/** Schedule fired → which databases the server has, in the vault, and a dump of each. A host takes those from the answer. */
export async function handler(event: unknown, context: Context): Promise<Found> {
  const { firedAt, schedule } = parseFindFired(event, new Date());
  const isDue = (database: string) => schedule === undefined || keyOf(scheduleOf(database)) === keyOf(schedule);
  const deadline = startDeadline(context, 'find databases');
  const found = await find(deps, { patterns, concurrency, firedAt, isDue, deadline }).finally(deadline.clear);
  if (dumpFunction === undefined) return found;
  await fireDumps(deps, found, (dump) => invokeFunction(dumpFunction, dump), randomUUID);
  return fitsRecord(found) ? found : { ...found, databases: [], came: [], went: [] };
}
