import { Command } from 'commander';
import { backupShape } from '../../layers/api/backup-shape.ts';
import type { DrillStand } from '../../layers/backup/drill-progress.ts';
import { splitHint, textOf } from '../../layers/backup/errors.ts';
import { leftOutWords } from '../../layers/backup/left-out.ts';
import { mapBounded } from '../../layers/backup/map-bounded.ts';
import { olderClient } from '../../layers/backup/older-client.ts';
import { shortVersion } from '../../layers/backup/release.ts';
import { lackedBy } from '../../layers/backup/remarks.ts';
import { type Backup, readBackups } from '../../layers/catalog/backups.ts';
import { readDrillStand } from '../../layers/catalog/drill-stand.ts';
import { readFound } from '../../layers/catalog/read-found.ts';
import { type BackupStanding, fallen, standingOf } from '../../layers/catalog/standing.ts';
import type { Vault } from '../../layers/vault/vault.ts';
import { backupName } from '../../layers/words/backup-name.ts';
import { type Column, formatColumns } from '../../layers/words/columns.ts';
import { drillStandNote } from '../../layers/words/drill-stand.ts';
import { fallWords } from '../../layers/words/fall.ts';
import { stampUtc } from '../../layers/words/instants.ts';
import { bytes } from '../../layers/words/sizes.ts';
import { age } from '../../layers/words/spans.ts';
import { EXIT } from './exit-code.ts';
import type { Run, Session } from './session.ts';

interface ListOptions {
  readonly database?: string;
  readonly json?: boolean;
}

/** `list`: every backup, newest first. */
export function listCommand(run: Run): Command {
  return new Command('list')
    .description('list all backups, newest first')
    .option('-d, --database <name>', 'only the backups of one database')
    .option('--json', 'print JSON')
    .action((options: ListOptions) => run.forEach('backups', (session) => list(session, options)));
}

async function list(session: Session, { database, json }: ListOptions): Promise<number> {
  const vault = session.vault();
  const { backups, unreadable } = await readBackups(vault, database);
  const drills = new Map(
    await mapBounded(backups, CONCURRENCY, async (one) => [one, await readDrillStand(vault, one)]),
  );
  const found = await readFound(vault, () => undefined, session.signal);
  const gone = new Map(found?.gone.map(({ name, since }) => [name, new Date(since)]));
  const now = session.now();
  if (json) session.printJson(backups.map((backup) => backupShape(backup, now, drills.get(backup))));
  else session.print(describe(vault, backups, { drills, gone }, now));
  for (const { entry, error } of unreadable) {
    session.terminal.line(`! ${backupName(entry)}: ${splitHint(textOf(error)).problem}`);
  }
  return EXIT.ok;
}

/** Requests under way at once; only drills that are under way need one. */
const CONCURRENCY = 16;

/** What becomes of it, in words; empty for one that simply is there. */
export function fateOf({ kept, retired }: Pick<Backup, 'kept' | 'retired'>): string {
  if (kept) return retired ? 'kept by hand (was retired)' : 'kept by hand';
  if (!retired) return '';
  if (retired.taggedAt !== undefined) return 'retired, being removed';
  return `retired, removed after ${retired.removeAfter.slice(0, 10)}`;
}

/** The verdict as people read it. */
export const STANDINGS: Readonly<Record<BackupStanding, string>> = {
  restorable: 'restorable',
  readable: 'readable',
  intact: 'intact, sealed',
  unverified: 'not verified yet',
  unrestorable: 'UNRESTORABLE',
  corrupt: 'CORRUPT',
};

function olderNote({ manifest: { server, client } }: Backup): string {
  return olderClient({ server, client })
    ? `pg_dump ${shortVersion(client.version)} older than its server ${shortVersion(server.version)}`
    : '';
}

/** Those before which the backups are of another server, as before a move; unknown identifiers tell nothing. */
function firstOfServer(backups: readonly Backup[]): ReadonlySet<Backup> {
  const first = new Set<Backup>();
  const newer = new Map<string, Backup>();
  for (const backup of backups) {
    const { database } = backup.entry;
    const after = newer.get(database);
    newer.set(database, backup);
    const [then, now] = [backup, after].map((one) => one?.manifest.server.systemIdentifier);
    if (after && now && then && now !== then) first.add(after);
  }
  return first;
}

function fallNote(backup: Backup): string {
  const fall = fallen(backup);
  return fall === undefined ? '' : `HOLDS NEXT TO NOTHING of ${fallWords(fall)} before`;
}

function notesOn(backup: Backup, drill: DrillStand | undefined, isOfAnotherServer: boolean): string {
  const server = isOfAnotherServer ? 'first of another server' : '';
  return [
    fallNote(backup),
    drill ? drillStandNote(drill) : '',
    leftOutWords(backup.manifest.leftOut),
    fateOf(backup),
    server,
    remarkNote(backup),
    olderNote(backup),
  ]
    .filter(Boolean)
    .join('; ');
}

function goneNote(since: Date | undefined): string {
  return since === undefined ? '' : `gone from the server since ${stampUtc(since)}`;
}

function remarkNote({ manifest }: Backup): string {
  const lacks = lackedBy(manifest);
  if (lacks.length > 0) return `without ${lacks.join(', ')}`;
  return (manifest.remarks ?? []).length > 0 ? 'pg_dump warned' : '';
}

/** What is read beside the backups. */
interface Beside {
  readonly drills: ReadonlyMap<Backup, DrillStand | undefined>;
  /** Since when the server lacks a database. */
  readonly gone: ReadonlyMap<string, Date>;
}

const COLUMNS: readonly Column[] = [
  { name: 'BACKUP' },
  { name: 'DATA AS OF' },
  { name: 'AGE', right: true },
  { name: 'SIZE', right: true },
  { name: 'VERDICT' },
  { name: '' },
];

function describe(
  { bucket, prefix, config }: Vault,
  backups: readonly Backup[],
  { drills, gone }: Beside,
  now: Date,
): string {
  const place = `${bucket}/${prefix}${config.server ? ` at ${config.server.endpoint}` : ''}`;
  if (backups.length === 0) return `no backups in ${place}`;
  const ofAnother = firstOfServer(backups);
  const lastOfGone = (backup: Backup) =>
    backups.find(({ entry }) => entry.database === backup.entry.database) === backup
      ? gone.get(backup.entry.database)
      : undefined;
  const rows = backups.map((backup) => [
    backupName(backup.entry),
    stampUtc(backup.snapshotAt),
    age(now.getTime() - backup.snapshotAt.getTime()),
    bytes(backup.manifest.archive.sizeBytes),
    backup.complete ? STANDINGS[standingOf(backup)] : 'ARCHIVE GONE',
    [goneNote(lastOfGone(backup)), notesOn(backup, drills.get(backup), ofAnother.has(backup))]
      .filter(Boolean)
      .join('; '),
  ]);
  return `${formatColumns(COLUMNS, rows)}\n\n${backups.length} in ${place}`;
}
