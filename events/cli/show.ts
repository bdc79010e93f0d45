import { Command } from 'commander';
import { backupDetail } from '../../layers/api/backup-shape.ts';
import type { DrillStand } from '../../layers/backup/drill-progress.ts';
import { manifestKey } from '../../layers/backup/keys.ts';
import type { Manifest } from '../../layers/backup/manifest.ts';
import { olderClient } from '../../layers/backup/older-client.ts';
import { isSealed, type StoredManifest } from '../../layers/backup/sealed-manifest.ts';
import { obstaclesOf } from '../../layers/backup/unproved.ts';
import type { Verdict } from '../../layers/backup/verdict.ts';
import type { Backup } from '../../layers/catalog/backups.ts';
import { readDrillStand } from '../../layers/catalog/drill-stand.ts';
import { readVerdict } from '../../layers/catalog/read-verdict.ts';
import { fallen, standingOf } from '../../layers/catalog/standing.ts';
import { openIfPossible } from '../../layers/seal/manifest.ts';
import { backupName } from '../../layers/words/backup-name.ts';
import { formatTable } from '../../layers/words/columns.ts';
import { count } from '../../layers/words/counts.ts';
import { drillStandWords } from '../../layers/words/drill-stand.ts';
import { fallWords } from '../../layers/words/fall.ts';
import { stampUtc } from '../../layers/words/instants.ts';
import { bytes } from '../../layers/words/sizes.ts';
import { duration, span } from '../../layers/words/spans.ts';
import { findBackup } from './backup-name.ts';
import { EXIT } from './exit-code.ts';
import { describeLeftOut } from './left-out.ts';
import { fateOf, STANDINGS } from './list.ts';
import { IDENTITY_OPTION, type Run, type Session } from './session.ts';

interface ShowOptions {
  readonly database?: string;
  readonly json?: boolean;
  readonly identity?: string;
}

/** `show`: one backup, its verdict, and what the trial restore found. */
export function showCommand(run: Run): Command {
  return new Command('show')
    .description('show one backup: its contents, its verdict, and how long a restore took')
    .argument('<backup>', 'shop/2026-11-23T02-00-00Z, or latest')
    .option('-d, --database <name>', 'the database of the backup')
    .option('--identity <file>', IDENTITY_OPTION)
    .option('--json', 'print JSON, with the complete manifest and verdict')
    .action((word: string, options: ShowOptions) => run((session) => show(session, word, options)));
}

async function show(session: Session, word: string, options: ShowOptions): Promise<number> {
  const { database, json, identity } = options;
  const vault = session.vault();
  const found = await findBackup(vault, word, database);
  const open = openIfPossible(session.identities(identity));
  const manifest = await open(found.manifest, manifestKey(vault.prefix, found.entry));
  const backup = { ...found, manifest: manifest ?? found.manifest };
  const verdict = await readVerdict(vault, backup);
  const drill = await readDrillStand(vault, backup);
  const now = session.now();
  if (json) session.printJson(backupDetail(backup, verdict, now, drill));
  else session.print(describe(backup, verdict, drill, now));
  return EXIT.ok;
}

function describe(backup: Backup, verdict: Verdict | undefined, drill: DrillStand | undefined, now: Date): string {
  const { manifest, snapshotAt } = backup;
  const fate = fateOf(backup);
  const remarks = (manifest.remarks ?? []).map(({ text }) => text);
  const standing = STANDINGS[standingOf(backup)];
  const old = `${span(now.getTime() - snapshotAt.getTime())} old`;
  const rows: [string, string][] = [
    ['data as of', `${stampUtc(snapshotAt)} (${old})`],
    [
      'verdict',
      verdict ? `${standing}, found ${stampUtc(new Date(verdict.verifiedAt))} (${ageOf(verdict, now)})` : standing,
    ],
    ...(drill ? [['', `a drill in pieces is under way: ${drillStandWords(drill)}`] satisfies [string, string]] : []),
    ...(backup.complete ? [] : [['', 'its archive is gone'] satisfies [string, string]]),
    ...(verdict?.reasons ?? []).filter((one) => !remarks.includes(one)).map((reason): [string, string] => ['', reason]),
    ...(verdict ? obstaclesOf(verdict) : []).map(({ advice }, index): [string, string] => [
      index === 0 ? 'to prove it' : '',
      advice,
    ]),
    ...remarks.map((remark, index): [string, string] => [index === 0 ? 'remarks' : '', remark]),
    ...againRows(verdict),
    ...drillRows(verdict),
    ...(fate === '' ? [] : [['fate', fate] satisfies [string, string]]),
    ...(backup.retired?.reasons ?? []).map((reason): [string, string] => ['', reason]),
    ...fallRows(backup),
    ...manifestRows(manifest),
  ];
  return `${backupName(backup.entry)}\n\n${formatTable(rows)}`;
}

function ageOf({ verifiedAt }: Pick<Verdict, 'verifiedAt'>, now: Date): string {
  return `${span(now.getTime() - new Date(verifiedAt).getTime())} ago`;
}

function againRows(verdict: Verdict | undefined): [string, string][] {
  if (verdict?.again === undefined) return [];
  const { again } = verdict;
  const rows = again.reasons.map((reason): [string, string] => ['', reason]);
  return [['again', `${STANDINGS[again.verdict]}, looked at again ${stampUtc(new Date(again.verifiedAt))}`], ...rows];
}

function drillRows(verdict: Verdict | undefined): [string, string][] {
  if (verdict?.drill === undefined) return [];
  const { drill } = verdict;
  const { tables, rows, sequences, objects, largeObjects, fingerprints } = drill.compared;
  const jobs = count(drill.jobs, 'job');
  const contents = fingerprints > 0 ? `, the contents of ${count(fingerprints, 'table')}` : '';
  return [
    ['restored in', `${duration(drill.restoreMs)}, ${jobs}, on PostgreSQL ${drill.serverVersion}`],
    ['compared', `${count(tables, 'table')} with ${count(rows, 'row')}${contents},`],
    ['', `${count(sequences, 'sequence')}, ${count(objects, 'object')}, ${count(largeObjects, 'large object')}`],
  ];
}

function manifestRows(manifest: StoredManifest): [string, string][] {
  const { archive, globals, server, source, client } = manifest;
  const older = olderClient({ server, client });
  return [
    ['archive', `${bytes(archive.sizeBytes)}, ${archive.compression}, pg_restore ${archive.oldestPgRestore} or newer`],
    ['', archive.key],
    ['', `SHA-256 ${archive.sha256}`],
    ['globals', `${bytes(globals.sizeBytes)}, ${globals.rolePasswords ? 'with' : 'without'} the roles' passwords`],
    ['', globals.key],
    ...(isSealed(manifest)
      ? ([['database', `${bytes(source.sizeBytes)}; what it holds is sealed: --identity opens it`]] satisfies [
          string,
          string,
        ][])
      : contentRows(manifest)),
    ['server', `PostgreSQL ${server.version}${server.standby ? ', a standby' : ''}`],
    ['', `${server.name ?? 'an unknown address'}, system identifier ${server.systemIdentifier ?? 'unknown'}`],
    ['dumped in', `${duration(manifest.durationMs)}, by pg_dump ${client.version}${builtOn(client)}`],
    ...(older
      ? ([
          ['', older.problem],
          ['', older.hint],
        ] satisfies [string, string][])
      : []),
  ];
}

function contentRows({ source, ...manifest }: Manifest): [string, string][] {
  const rows = manifest.tables.reduce((sum, table) => sum + table.rows, 0);
  const extensions = source.extensions.map(({ name, version }) => `${name} ${version}`).join(', ');
  const locale = `${source.locale ?? source.collate} (${source.localeProvider})`;
  return [
    ['database', `${bytes(source.sizeBytes)}, ${source.encoding}, ${locale}`],
    ...propertyRows(source),
    ...(extensions === '' ? [] : [['extensions', extensions] satisfies [string, string]]),
    ['holds', `${count(manifest.tables.length, 'table')} with ${count(rows, 'row')},`],
    ['', `${count(manifest.sequences.length, 'sequence')}, ${count(manifest.largeObjects, 'large object')}`],
    ...describeLeftOut(manifest.leftOut).map((line, index): [string, string] => [index === 0 ? 'left out' : '', line]),
  ];
}

function fallRows(backup: Backup): [string, string][] {
  const { fall } = backup.manifest;
  if (fall === undefined) return [];
  const accepted = fallen(backup) === undefined ? '; accepted by hand' : '';
  return [['fallen', `from ${fallWords(fall)} in the backup of ${stampUtc(new Date(fall.since))}${accepted}`]];
}

/** What the database has of its own, without the values of its settings. */
function propertyRows({ properties }: Manifest['source']): [string, string][] {
  if (properties === undefined) return [['', 'its own settings and grants are not recorded']];
  const { owner, settings, connectionLimit, isTemplate } = properties;
  const names = [...new Set(settings.map(({ name }) => name))].join(', ');
  return [
    [
      '',
      `owned by ${owner}${connectionLimit < 0 ? '' : `, at most ${connectionLimit} connections`}${isTemplate ? ', a template' : ''}`,
    ],
    ...(names === '' ? [] : [['', `sets ${names}`] satisfies [string, string]]),
  ];
}

function builtOn({ builtAt }: Manifest['client']): string {
  return builtAt === undefined ? '' : ` (built ${builtAt.slice(0, 10)})`;
}
