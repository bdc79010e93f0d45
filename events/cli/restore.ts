import { tmpdir } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import { ACCEPTABLE, type Acceptable, chooseBackup } from '../../functions/by-hand/restore/choose-backup.ts';
import { UNRECORDED } from '../../functions/by-hand/restore/database-itself.ts';
import type { RestoreProgress } from '../../functions/by-hand/restore/deps.ts';
import type { RestoreOptions } from '../../functions/by-hand/restore/request.ts';
import { restore } from '../../functions/by-hand/restore/restore.ts';
import { stockCommands } from '../../functions/by-hand/restore/stock-commands.ts';
import { ConfigError, DumpError } from '../../layers/backup/errors.ts';
import { leftOutWords } from '../../layers/backup/left-out.ts';
import { type Backup, readBackups } from '../../layers/catalog/backups.ts';
import { backupName } from '../../layers/words/backup-name.ts';
import { stampUtc } from '../../layers/words/instants.ts';
import { span } from '../../layers/words/spans.ts';
import { onlyDatabase, parseBackup } from './backup-name.ts';
import { readDestination } from './destination.ts';
import { EXIT } from './exit-code.ts';
import { type ClusterOptions, clusterOptions, restoreCluster } from './restore-cluster.ts';
import { describeReport } from './restore-report.ts';
import type { Run, Session } from './session.ts';

interface CommandOptions extends ClusterOptions {
  readonly database?: string;
  readonly to?: string;
  readonly table?: readonly string[];
  readonly complete?: boolean;
  readonly jobs: number;
  readonly create?: boolean;
  readonly clean?: string;
  /** commander's way with --no-…: true unless it is given. */
  readonly owner: boolean;
  readonly privileges: boolean;
  readonly tablespaces: boolean;
  readonly properties: boolean;
  readonly globals?: boolean;
  readonly accept?: readonly Accepted[];
  readonly analyze: boolean;
}

/** What a person may allow beside the verdicts: that what only the database holds is lost. */
const ACCEPTED = [...ACCEPTABLE, 'loss'] as const;
type Accepted = (typeof ACCEPTED)[number];

/** `restore`: a backup into a database, compared with its manifest afterwards. */
export function restoreCommand(run: Run): Command {
  const command = new Command('restore')
    .description('restore a backup into a database and compare, or a cluster into a data directory as of a moment')
    .option('-d, --database <name>', 'the database whose backup it is')
    .option('--at <when>', 'latest, a time (the newest backup with data from then or earlier), or a backup', 'latest')
    .option('--to <url>', 'postgres://user@host:5432/database; the password in PGPASSWORD')
    .option(
      '-t, --table <name>',
      'only this table (* stands for anything), without its indexes; may be repeated',
      collect,
    )
    .option('--complete', 'with --table: also indexes, constraints, defaults, triggers and own sequences')
    .option('-j, --jobs <number>', 'parallel jobs: the archive is downloaded into TMPDIR first', wholeNumber, 1)
    .option('--create', 'create the database if it does not exist, with the encoding and locale of the original')
    .option('--clean <name>', "replace the contents of the database: repeat the database's name")
    .option('--no-owner', 'make the restoring role own everything')
    .option('--no-privileges', 'restore no grants')
    .option('--no-tablespaces', "put everything in the database's default tablespace")
    .option('--no-properties', "leave the database's own settings, grants and comment alone, and do not compare them")
    .option('--globals', "restore the server's roles and tablespaces first; needs a superuser")
    .option('--no-analyze', "do not collect the planner's statistics afterwards")
    .addOption(
      new Option(
        '--accept <what>',
        'allow a backup that is not restorable, or that --clean loses what the backup does not hold; may be repeated',
      )
        .choices(ACCEPTED)
        .argParser(collectAcceptable),
    )
    .option('--print', 'only print commands of stock tools that do the same')
    .option('--json', 'print JSON');
  return clusterOptions(command).action((options: CommandOptions) => run((session) => chooseWay(session, options)));
}

/** Options that would do nothing on the other way. */
const OF_DATABASE = ['database', 'table', 'complete', 'create', 'clean', 'globals', 'accept'] as const;
const OF_CLUSTER = ['cluster', 'atLsn', 'atXid', 'timeline', 'tablespace'] as const;

async function chooseWay(session: Session, options: CommandOptions): Promise<number> {
  const { to, toDir } = options;
  const refuse = (problem: string) => {
    const hint = '--to restores a dump into a database, --to-dir a whole cluster into a data directory';
    return new ConfigError({ operation: 'restore', problem, hint });
  };
  if ((to === undefined) === (toDir === undefined)) throw refuse('name one destination: --to or --to-dir');
  const [stray] = (to === undefined ? OF_DATABASE : OF_CLUSTER).filter((name) => options[name] !== undefined);
  const flag = stray?.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  if (stray !== undefined) throw refuse(`--${flag} does not go with --${to === undefined ? 'to-dir' : 'to'}`);
  return to === undefined
    ? restoreCluster(session, { ...options, toDir: toDir ?? '' })
    : restoreChosen(session, { ...options, to });
}

async function restoreChosen(session: Session, options: CommandOptions & { readonly to: string }): Promise<number> {
  const vault = session.vault();
  const to = readDestination(options.to, session);
  if (to.passwordInUrl)
    session.terminal.line('! other users can see the password of --to in the process list; they cannot see PGPASSWORD');
  const named = parseBackup(options.at, options.database, true);
  const database = named.database ?? (await onlyDatabase(vault));
  const { backups, unreadable } = await readBackups(vault, database);
  for (const { entry } of unreadable) session.terminal.line(`! ${backupName(entry)} cannot be read and is skipped`);
  const backup = chooseBackup(database, backups, named.wanted, verdictsOf(options));
  const request = { backup, to, options: restoreOptions(options), signal: session.signal };
  if (options.print) {
    session.print(stockCommands(vault.config, request));
    return EXIT.ok;
  }
  if (options.properties && backup.manifest.source.properties === undefined) session.terminal.line(`! ${UNRECORDED}`);
  session.terminal.line(announce(backup, to.database, session.now()));
  const onProgress = progressOn(session, to.database);
  const onRemark = session.terminal.line;
  const deps = { vault, clientPrograms: session.clientPrograms, onProgress, onRemark, clock: session.now };
  const report = await restore(deps, request).catch((error) => {
    throw atDestination(error);
  });
  if (options.json)
    session.printJson({ backup: backupName(backup.entry), snapshotAt: backup.manifest.snapshotAt, ...report });
  else session.print(describeReport(report));
  return report.differences.length + report.leftOut.length === 0 ? EXIT.ok : EXIT.bad;
}

function restoreOptions(options: CommandOptions): RestoreOptions {
  const without = (['owner', 'privileges', 'tablespaces'] as const).filter((what) => !options[what]);
  return {
    tables: options.table ?? [],
    complete: options.complete ?? false,
    jobs: options.jobs,
    create: options.create ?? false,
    clean: options.clean,
    globals: options.globals ?? false,
    goOn: options.accept?.includes('unrestorable') ?? false,
    properties: options.properties,
    lose: options.accept?.includes('loss') ?? false,
    analyze: options.analyze,
    without: without.map((what) => `--no-${what}`),
    temporaryFolder: tmpdir(),
  };
}

/** The usual hint names the variables of the server to back up; here it is another server. */
function atDestination(error: unknown): unknown {
  if (!(error instanceof DumpError) || !error.hint?.includes('POSTGRES_')) return error;
  const { operation, subject = '', problem, cause } = error;
  const hint = 'check --to, and PGPASSWORD if --to has no password';
  return new DumpError({ operation, subject, problem, hint, cause });
}

function announce({ entry, manifest, snapshotAt }: Backup, database: string, now: Date): string {
  const leftOut = leftOutWords(manifest.leftOut);
  const old = `${span(now.getTime() - snapshotAt.getTime())} old${leftOut === '' ? '' : `, ${leftOut}`}`;
  return `restoring ${backupName(entry)} into "${database}": its data is from ${stampUtc(snapshotAt)}, ${old}`;
}

function progressOn({ terminal }: Session, database: string): (progress: RestoreProgress) => void {
  const names = { download: 'download', restore: `restore ${database}`, analyze: 'analyze', compare: 'compare' };
  const silently: Partial<Record<RestoreProgress['step'], string>> = {
    analyze: "collecting the planner's statistics",
    compare: 'comparing with the manifest',
  };
  let last: string | undefined;
  return ({ step, doneBytes, totalBytes }) => {
    const what = names[step];
    if (last !== undefined && last !== what) terminal.finished(last);
    const silent = silently[step];
    if (silent !== undefined && last !== what) terminal.line(silent);
    else if (silent === undefined) terminal.progress({ what, doneBytes, totalBytes });
    last = what;
  };
}

function collect(value: string, previous: readonly string[] = []): string[] {
  return [...previous, value];
}

function verdictsOf({ accept = [] }: CommandOptions): Acceptable[] {
  return ACCEPTABLE.filter((one) => accept.includes(one));
}

function collectAcceptable(value: string, previous: readonly Accepted[] = []): Accepted[] {
  const known = ACCEPTED.find((one) => one === value);
  if (known) return [...previous, known];
  const never = value === 'corrupt' ? 'A corrupt backup is never restored. ' : '';
  throw new InvalidArgumentError(`${never}Allowed choices are ${ACCEPTED.join(', ')}.`);
}

function wholeNumber(value: string): number {
  const number = Number(value);
  if (Number.isInteger(number) && number >= 1 && number <= 64) return number;
  throw new InvalidArgumentError('It must be a whole number from 1 to 64.');
}
