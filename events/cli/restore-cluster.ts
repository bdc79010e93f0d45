import path from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { planOrRefuse, targetWords } from '../../functions/by-hand/recover/plan-or-refuse.ts';
import { recover } from '../../functions/by-hand/recover/recover.ts';
import { stockRecovery } from '../../functions/by-hand/recover/stock-recovery.ts';
import { ConfigError } from '../../layers/backup/errors.ts';
import { isSealedKey } from '../../layers/backup/keys.ts';
import { findCluster, readCluster } from '../../layers/catalog/read-cluster.ts';
import { combineProgram } from '../../layers/postgres/programs/client-programs.ts';
import { withIdentities } from '../../layers/seal/opening-vault.ts';
import { BUCKET_VARIABLES } from '../../layers/settings/bucket-variables.ts';
import type { Environment } from '../../layers/settings/environment.ts';
import { formatLsn, type Lsn, parseLsn } from '../../layers/wal/lsn.ts';
import type { RecoveryPlan, RecoveryTarget } from '../../layers/wal/recovery-plan.ts';
import { count } from '../../layers/words/counts.ts';
import { stampUtc } from '../../layers/words/instants.ts';
import { shellWord } from '../../layers/words/shell.ts';
import { bytes } from '../../layers/words/sizes.ts';
import { parseTime } from './backup-name.ts';
import { EXIT } from './exit-code.ts';
import type { Session } from './session.ts';

export interface ClusterOptions {
  readonly at: string;
  readonly toDir?: string;
  readonly toDump?: string;
  readonly cluster?: string;
  readonly atLsn?: Lsn;
  readonly atXid?: bigint;
  readonly timeline?: number;
  readonly tablespace?: ReadonlyMap<string, string>;
  readonly print?: boolean;
  readonly json?: boolean;
  readonly identity?: string;
}

/** What `restore` takes for a cluster, beside `--at`, `--print` and `--json`. */
export function clusterOptions(command: Command): Command {
  return command
    .option('--cluster <name>', "as of a moment, from WAL: the cluster's system identifier, or its server's name")
    .option('--to-dir <folder>', 'instead of --to: an empty data directory for the whole cluster')
    .option('--to-dump <file>', "instead of --to: an archive in pg_dump's custom format, as of the moment")
    .option('--at-lsn <position>', 'instead of --at: everything before this WAL position, such as 0/16B3748', position)
    .option('--at-xid <id>', 'instead of --at: up to and with this transaction', transaction)
    .option('--timeline <number>', 'along this timeline; the newest by default', timelineNumber)
    .option(
      '--tablespace <old=new>',
      'with --to-dir: where a tablespace is to be; may be repeated. \\= stands for =',
      moved,
    );
}

/** `restore --to-dir`: a data directory that recovers to a moment when PostgreSQL starts in it. */
export async function restoreCluster(
  session: Session,
  options: ClusterOptions & { readonly toDir: string },
): Promise<number> {
  const vault = withIdentities(session.vault(), session.identities(options.identity));
  const target = targetOf(options);
  const stored = await readCluster(vault, await findCluster(vault, options.cluster, session.signal), session.signal);
  const plan = planOrRefuse(stored, target, options.timeline);
  const request = {
    ...{ stored, plan, dataDir: path.resolve(options.toDir), tablespaces: options.tablespace ?? new Map() },
    ...{
      pgvouch: session.program,
      environment: await fetchEnvironment(session, plan, options.identity),
      signal: session.signal,
    },
  };
  if (options.print) {
    session.print(stockRecovery(vault.config, request));
    return EXIT.ok;
  }
  session.terminal.line(announce(plan));
  const deps = {
    ...{ vault, onProgress: session.terminal.progress },
    combineProgram: async (major: number) => combineProgram(await session.clientPrograms(), major),
  };
  const report = await recover(deps, request);
  const start = `pg_ctl --pgdata=${shellWord(report.dataDir)} --wait --timeout=86400 start`;
  if (options.json) {
    const { timeline, window } = plan;
    const reaches = { lsn: formatLsn(window.to.lsn), at: window.to.at.toISOString() };
    session.printJson({ ...report, target: targetWords(target), timeline, walEndsAt: reaches, start });
    return EXIT.ok;
  }
  const lines = [
    `${report.dataDir} is ready. PostgreSQL ${report.major} recovers to ${targetWords(target)} when it starts there:`,
    `  ${start}`,
    ...(report.hasConfiguration
      ? []
      : ['postgresql.conf is not in it, because the server keeps it elsewhere: start with -o "-c config_file=…"']),
    'It then takes writes, on a timeline of its own. If its log says that the recovery target was not reached, then',
    'nothing was committed after it: take the recovery_target_ lines out of postgresql.auto.conf, and start again.',
  ];
  session.print(lines.join('\n'));
  return EXIT.ok;
}

/** Which base backup, which increments, and how much WAL. */
export function announce({ chain, objects, target, timeline }: RecoveryPlan): string {
  const base = chain.at(-1);
  const walBytes = objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const parts = chain.length === 1 ? '' : ` in ${chain.length} parts`;
  const begins = base === undefined ? '' : `base backup of ${stampUtc(base.stoppedAt)}${parts}, then `;
  return `recovering to ${targetWords(target)}: ${begins}${count(objects.length, 'segment')} of WAL (${bytes(walBytes)}), timeline ${timeline}`;
}

/** @throws {@link ConfigError} if it names two targets, or one that is none */
export function targetOf({ at, atLsn, atXid }: ClusterOptions): RecoveryTarget {
  const refuse = (problem: string) =>
    new ConfigError({
      operation: 'restore',
      problem,
      hint: '--at takes latest, or a time such as 2026-11-23 14:04:59+01',
    });
  if ([at !== 'latest', atLsn !== undefined, atXid !== undefined].filter(Boolean).length > 1) {
    throw refuse('give one of --at, --at-lsn and --at-xid');
  }
  if (atLsn !== undefined) return { kind: 'lsn', lsn: atLsn };
  if (atXid !== undefined) return { kind: 'xid', xid: atXid };
  if (at === 'latest') return { kind: 'latest' };
  const time = parseTime(at);
  if (time === undefined) throw refuse(`${at} is not a time`);
  const [, microseconds = ''] = /\.\d{3}(\d{1,3})/.exec(at) ?? [];
  return { kind: 'time', at: time, microseconds: Number(microseconds.padEnd(3, '0')) };
}

/**
 * What wal-fetch needs. The server's user may not read a file of the person who restores, so the identity itself goes along:
 * only what is sealed gets it, in a file that nobody else may read and that goes once recovery has ended.
 */
async function fetchEnvironment(session: Session, { objects }: RecoveryPlan, file: string | undefined) {
  const isSealed = objects.some(({ key }) => isSealedKey(key));
  const identity = isSealed ? await session.identityText(file) : undefined;
  return { ...bucketEnvironment(session.env), ...(identity !== undefined && { BACKUP_AGE_IDENTITY: identity }) };
}

/** What reaches the bucket: the variables that say where it is, and what AWS' client finds credentials by. */
function bucketEnvironment(env: Environment): Record<string, string> {
  const isOfBucket = (name: string) => name in BUCKET_VARIABLES || name.startsWith('AWS_') || OF_NODE.includes(name);
  const set = Object.entries(env).filter((entry): entry is [string, string] => isOfBucket(entry[0]) && !!entry[1]);
  return Object.fromEntries(set);
}

const OF_NODE = ['HOME', 'NODE_EXTRA_CA_CERTS', 'HTTPS_PROXY', 'NO_PROXY'];

function position(value: string): Lsn {
  const lsn = parseLsn(value);
  if (lsn !== undefined) return lsn;
  throw new InvalidArgumentError('It must be a WAL position, such as 0/16B3748.');
}

function transaction(value: string): bigint {
  if (/^[1-9]\d{0,19}$/.test(value)) return BigInt(value);
  throw new InvalidArgumentError('It must be a transaction id.');
}

function timelineNumber(value: string): number {
  const number = Number(value);
  if (Number.isInteger(number) && number >= 1 && number <= 0xffff_ffff) return number;
  throw new InvalidArgumentError('It must be the number of a timeline.');
}

function moved(value: string, previous: ReadonlyMap<string, string> = new Map()): ReadonlyMap<string, string> {
  const [, before, after] = /^((?:[^=\\]|\\.)+)=(.+)$/.exec(value) ?? [];
  if (before === undefined || after === undefined) {
    throw new InvalidArgumentError('It must be the folder as it was, =, and the folder as it is to be.');
  }
  return new Map([...previous, [before.replace(/\\(.)/g, '$1'), path.resolve(after)]]);
}
