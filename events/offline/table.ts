import path from 'node:path';
import { formatTable } from '../../layers/words/columns.ts';
import { stampUtc } from '../../layers/words/instants.ts';
import type { BucketSetup } from '../host/set-up/set-up-bucket.ts';
import type { LocalConfig } from './config.ts';

/** A server that is backed up. */
export interface ShownServer {
  readonly name: string | undefined;
  readonly config: LocalConfig;
  /** What it is and where. */
  readonly database: string;
  readonly setup: BucketSetup;
  readonly nextDump: Date | null;
}

/** What runs where, for whoever started it. */
export function describeStack(
  config: LocalConfig,
  servers: readonly ShownServer[],
  up: { readonly bucket: string; readonly clients: string; readonly remarks: readonly string[] },
): string {
  const local = path.relative(process.cwd(), config.stateDir) || '.';
  const state = `${local.startsWith('..') ? config.stateDir : local}/`;
  const embedded = config.embeddedBucket || servers.some((server) => server.config.embeddedPostgres);
  const { verifyIntervalS } = config;
  const verify =
    servers[0]?.setup.notifications === 'pushed'
      ? `when the bucket notifies it, and by ${config.verifySchedule}`
      : `every ${verifyIntervalS === 60 ? 'minute' : `${verifyIntervalS} s`}`;
  const table = formatTable([
    ...ofEach(servers, 'databases', ({ config: own, database }) => `${databasesOf(own)} on ${database}`),
    ['clients', up.clients],
    ...ofEach(servers, 'bucket', ({ setup: { bucket, prefix } }) => `${bucket}/${prefix} at ${up.bucket}`),
    ...ofEach(
      servers,
      'dump',
      ({ config: { dumpSchedule }, nextDump }) =>
        `now, then by ${dumpSchedule}, next ${nextDump ? stampUtc(nextDump) : 'never'}`,
    ),
    ['verify', verify],
    ['retention', `by ${config.retentionSchedule}`],
    ['status', `http://127.0.0.1:${config.metricsPort}/`],
    ['metrics', `http://127.0.0.1:${config.metricsPort}/metrics`],
    ['state', embedded ? `${state} (the servers' passwords are in its secrets.json)` : state],
  ]);
  return ['', 'pgvouch is running; Ctrl-C stops it', '', table, '', ...up.remarks.map((remark) => `! ${remark}`)].join(
    '\n',
  );
}

/** A row of each, with its name if it has one. */
function ofEach(
  servers: readonly ShownServer[],
  what: string,
  words: (server: ShownServer) => string,
): (readonly [string, string])[] {
  return servers.map((server, index) => {
    const whose = server.name === undefined ? '' : `${server.name}: `;
    return [index === 0 ? what : '', whose + words(server)];
  });
}

function databasesOf({ databases, finds }: LocalConfig): string {
  return [...databases, ...(finds ? ['whatever POSTGRES_DBS fits'] : [])].join(', ');
}
