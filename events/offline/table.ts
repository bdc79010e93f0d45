import path from 'node:path';
import { formatTable } from '../../layers/words/columns.ts';
import { stampUtc } from '../../layers/words/instants.ts';
import type { BucketSetup } from '../host/set-up/set-up-bucket.ts';
import type { LocalConfig } from './config.ts';

/** What runs where, for whoever started it. */
export function describeStack(
  config: LocalConfig,
  servers: { readonly database: string; readonly bucket: string; readonly clients: string },
  setup: BucketSetup,
  nextDump: Date | null,
): string {
  const local = path.relative(process.cwd(), config.stateDir) || '.';
  const state = `${local.startsWith('..') ? config.stateDir : local}/`;
  const embedded = config.embeddedPostgres || config.embeddedBucket;
  const { verifyIntervalS } = config;
  const verify =
    setup.notifications === 'pushed'
      ? `when the bucket notifies it, and by ${config.verifySchedule}`
      : `every ${verifyIntervalS === 60 ? 'minute' : `${verifyIntervalS} s`}`;
  const table = formatTable([
    ['databases', `${databasesOf(config)} on ${servers.database}`],
    ['clients', servers.clients],
    ['bucket', `${setup.bucket}/${setup.prefix} at ${servers.bucket}`],
    ['dump', `now, then by ${dumpSchedules(config)}, next ${nextDump ? stampUtc(nextDump) : 'never'}`],
    ['verify', verify],
    ['retention', `by ${config.retentionSchedule}`],
    ['status', `http://127.0.0.1:${config.metricsPort}/`],
    ['metrics', `http://127.0.0.1:${config.metricsPort}/metrics`],
    ['state', embedded ? `${state} (the servers' passwords are in its secrets.json)` : state],
  ]);
  return [
    '',
    'pgvouch is running; Ctrl-C stops it',
    '',
    table,
    '',
    ...setup.remarks.map((remark) => `! ${remark}`),
  ].join('\n');
}

function databasesOf({ databases, finds }: LocalConfig): string {
  return [...databases, ...(finds ? ['whatever POSTGRES_DBS fits'] : [])].join(', ');
}

function dumpSchedules({ dumps }: LocalConfig): string {
  return dumps.map(({ expression }) => expression).join(' and ');
}
