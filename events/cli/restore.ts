import { tmpdir } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import { ACCEPTABLE, type Acceptable, chooseBackup } from '../../functions/by-hand/restore/choose-backup.ts';
import { stockCommands } from '../../functions/by-hand/restore/stock-commands.ts';
import { ConfigError } from '../../layers/backup/errors.ts';
import { manifestKey } from '../../layers/backup/keys.ts';
import { leftOutWords } from '../../layers/backup/left-out.ts';
import { type Backup, readBackups } from '../../layers/catalog/backups.ts';
import { UNRECORDED } from '../../layers/restoring/database-itself.ts';
import type { RestoreOptions } from '../../layers/restoring/request.ts';
import { openManifest } from '../../layers/seal/manifest.ts';
import { opener } from '../../layers/seal/opening-vault.ts';
import { backupName } from '../../layers/words/backup-name.ts';
import { stampUtc } from '../../layers/words/instants.ts';
import { span } from '../../layers/words/spans.ts';
import { onlyDatabase, parseBackup } from './backup-name.ts';
import { type Destination, readDestination } from './destination.ts';
import { EXIT } from './exit-code.ts';
import { type ClusterOptions, clusterOptions, restoreCluster } from './restore-cluster.ts';
import { restoreMoment } from './restore-moment.ts';
import { runRestore } from './restore-run.ts';
import { IDENTITY_OPTION, type Run, type Session } from './session.ts';

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
  readonly identity?: string;
}

/** What a person may allow beside the verdicts: that what only the database holds is lost. */
const ACCEPTED = [...ACCEPTABLE, 'loss'] as const;
type Accepted = (typeof ACCEPTED)[number];

/** `restore`: a backup into a database, compared with its manifest afterwards. */
export function restoreCommand(run: Run): Command {
  const command = new Command('restore')
    .description(
      'restore a backup into a database and compare; with --cluster a database, tables or all of it as of a moment',
    )
    .option('-d, --database <name>', 'the database whose backup it is; with --cluster, the database in it')
    .option(
      '--at <when>',
      'latest, a time (the newest backup with data from then or earlier), or a backup; with --cluster the very moment',
      'latest',
    )
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
    .option('--identity <file>', IDENTITY_OPTION)
    .option('--print', 'only print commands of stock tools that do the same')
    .option('--json', 'print JSON');
  return clusterOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((options: CommandOptions) => run((session) => chooseWay(session, options)));
}

const EXAMPLES = `
Somebody deleted orders at 14:03. As they were just before, beside those in use, from base backups and WAL (PITR):
  pgvouch restore --cluster db.internal --database shop --table orders --at "2026-11-28 14:02:59+01" \\
    --create --to postgres://postgres@db.internal/shop_1402

The newest proved backup into a new database:
  pgvouch restore --database shop --create --to postgres://postgres@db.internal/shop_restored`;

type Way = 'dump' | 'cluster' | 'moment' | 'archive';

/** Options that would do nothing on that way. */
const STRAY: Readonly<Record<Way, readonly (keyof CommandOptions)[]>> = {
  dump: ['tablespace'],
  cluster: ['database', 'table', 'complete', 'create', 'clean', 'globals', 'accept'],
  moment: ['tablespace', 'print'],
  archive: ['tablespace', 'print', 'complete', 'create', 'clean', 'globals', 'accept'],
};
const HINTS: Readonly<Record<Way, string>> = {
  dump: '--to restores a dump into a database; with --cluster, as of a moment',
  cluster:
    '--to-dir makes a data directory of the whole cluster; --to with --cluster restores a database of it, or tables',
  moment: 'what stock tools can do is the whole cluster: --to-dir, with --print or --tablespace',
  archive: '--to-dump only writes the archive, for pg_restore',
};
/** Only a cluster has them. */
const OF_CLUSTER = ['cluster', 'atLsn', 'atXid', 'timeline'] as const;

async function chooseWay(session: Session, options: CommandOptions): Promise<number> {
  const { to, toDir, toDump } = options;
  const refuse = (problem: string, hint: string) => new ConfigError({ operation: 'restore', problem, hint });
  if ([to, toDir, toDump].filter((one) => one !== undefined).length !== 1) {
    const hint = '--to is a database, --to-dir a data directory for a whole cluster, --to-dump a file';
    throw refuse('name one destination: --to, --to-dir or --to-dump', hint);
  }
  const ofCluster = OF_CLUSTER.some((name) => options[name] !== undefined);
  const way: Way = toDir !== undefined ? 'cluster' : toDump !== undefined ? 'archive' : ofCluster ? 'moment' : 'dump';
  const [stray] = STRAY[way].filter((name) => options[name] !== undefined);
  const flag = stray?.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const destination = way === 'cluster' ? '--to-dir' : way === 'archive' ? '--to-dump' : '--to';
  const beside = way === 'moment' ? `${destination} as of a moment` : destination;
  if (stray !== undefined) throw refuse(`--${flag} does not go with ${beside}`, HINTS[way]);
  if (toDir !== undefined) return restoreCluster(session, { ...options, toDir });
  const { database, table: tables = [] } = options;
  const wish = { cluster: options, database, tables, identity: options.identity };
  if (toDump !== undefined) return restoreMoment(session, { ...wish, to: { file: toDump } });
  const destined = await readTo(session, to ?? '');
  if (way === 'dump') return restoreChosen(session, options, destined);
  return restoreMoment(session, { ...wish, to: { database: destined, options: restoreOptions(options) } });
}

async function readTo(session: Session, url: string): Promise<Destination> {
  const to = await readDestination(url, session);
  if (to.passwordInUrl)
    session.terminal.line('! other users can see the password of --to in the process list; they cannot see PGPASSWORD');
  return to;
}

async function restoreChosen(session: Session, options: CommandOptions, to: Destination): Promise<number> {
  const vault = session.vault();
  const named = parseBackup(options.at, options.database, true);
  const database = named.database ?? (await onlyDatabase(vault));
  const { backups, unreadable } = await readBackups(vault, database);
  for (const { entry } of unreadable) session.terminal.line(`! ${backupName(entry)} cannot be read and is skipped`);
  const chosen = chooseBackup(database, backups, named.wanted, verdictsOf(options));
  const identities = session.identities(options.identity);
  const key = manifestKey(vault.prefix, chosen.entry);
  const backup = { ...chosen, manifest: await openManifest(chosen.manifest, identities, key) };
  const request = { backup, to, options: restoreOptions(options), signal: session.signal };
  if (options.print) {
    session.print(stockCommands(vault.config, request));
    return EXIT.ok;
  }
  if (options.properties && backup.manifest.source.properties === undefined) session.terminal.line(`! ${UNRECORDED}`);
  session.terminal.line(announce(backup, to.database, session.now()));
  const facts = { backup: backupName(backup.entry), snapshotAt: backup.manifest.snapshotAt };
  const store = { getBytes: vault.getBytes, open: opener(identities) };
  return runRestore(session, { store, request, facts, json: options.json });
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

function announce({ entry, manifest, snapshotAt }: Backup, database: string, now: Date): string {
  const leftOut = leftOutWords(manifest.leftOut);
  const old = `${span(now.getTime() - snapshotAt.getTime())} old${leftOut === '' ? '' : `, ${leftOut}`}`;
  return `restoring ${backupName(entry)} into "${database}": its data is from ${stampUtc(snapshotAt)}, ${old}`;
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
