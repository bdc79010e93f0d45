import { createWriteStream, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { formatFiredAt } from '../../../layers/backup/instant.ts';
import type { Manifest } from '../../../layers/backup/manifest.ts';
import { type Drill, parseVerdict } from '../../../layers/backup/verdict.ts';
import { libpqEnvironment } from '../../../layers/postgres/connect/connection.ts';
import { embeddedPostgres } from '../../../layers/postgres/places/embedded-installation.ts';
import { freeBytes } from '../../../layers/postgres/places/free-space.ts';
import { makeScratchFolder } from '../../../layers/postgres/places/scratch-folder.ts';
import { startTestPostgres } from '../../support/servers/postgres.ts';
import { watchDisk } from '../measure/disk.ts';
import { type DrillSpan, LOG_SETTINGS, spanOf } from '../measure/drill-profile.ts';
import { run } from '../measure/run.ts';
import { oursTo } from '../place/contenders.ts';
import { detourServer, keepCluster } from '../place/detours.ts';
import { makeManyTables, TABLES } from '../place/many-tables.ts';
import { emptyVault, functionEnvironment, type Place } from '../place/place.ts';
import { startPlainServer } from '../place/plain-server.ts';
import { earlier, type Finding } from '../report/results.ts';
import { formatTable, mb, ratio, seconds } from '../report/table.ts';

export interface PiecesFigures {
  /** Smallest first; those of earlier runs stay until they are measured again. */
  readonly sizes: readonly PiecesOfSize[];
}

export interface PiecesOfSize {
  readonly sizeGb: number;
  /** As pg_database_size counts it. */
  readonly databaseBytes: number;
  readonly tables: number;
  readonly archiveBytes: number;
  /** What the drill may use: a third of the database. */
  readonly allowedBytes: number;
  readonly dumpS: number;
  /** verify as a whole: reading, decoding, the drill. */
  readonly verifyS: number;
  /** What of that was the drill's; undefined where an earlier run did not measure it. */
  readonly span?: DrillSpan;
  readonly peakBytes: number;
  readonly drill: Pick<Drill, 'jobs' | 'restoreMs' | 'pieces'>;
  /** A plain pg_restore of the same archive; undefined if that was not asked for. */
  readonly plain: { readonly restoreS: number; readonly peakBytes: number } | undefined;
}

interface PiecesOptions {
  readonly sizesGb: readonly number[];
  /** Whether to restore it all at once, too: that takes as much disk as the database. */
  readonly plain: boolean;
}

const JOBS = 2;
/** Of a database: the archive beside it, in the bucket and, for a plain restore, in a file. */
const DISK_NEEDED = { alone: 1.35, besidePlain: 1.6 };

/** A drill in pieces with a third of the database as disk, beside a plain restore with all that it takes. */
export async function benchPieces(
  place: Place,
  { sizesGb, plain }: PiecesOptions,
  tell: (line: string) => void,
): Promise<Finding<PiecesFigures>> {
  const measured: PiecesOfSize[] = [];
  for (const sizeGb of sizesGb) measured.push(await measure(place, sizeGb, plain, tell));
  const known = earlier<PiecesFigures>('pieces')?.sizes ?? [];
  const others = known.filter((one) => !sizesGb.includes(one.sizeGb));
  const figures = { sizes: [...others, ...measured].sort((a, b) => a.sizeGb - b.sizeGb) };
  return { what: 'pieces', figures, table: tableOf(figures) };
}

async function measure(
  place: Place,
  sizeGb: number,
  withPlain: boolean,
  tell: (line: string) => void,
): Promise<PiecesOfSize> {
  const needed = (withPlain ? DISK_NEEDED.besidePlain : DISK_NEEDED.alone) * sizeGb * 1e9;
  if (freeBytes(place.folder) < needed) {
    throw new Error(`${sizeGb} GB need ${mb(needed)} MB of disk in ${place.folder}: set TMPDIR to where there are`);
  }
  try {
    const { manifest, dumpS } = await backedUp(place, sizeGb, tell);
    const databaseBytes = manifest.source.sizeBytes;
    const facts = { sizeGb, databaseBytes, tables: TABLES, archiveBytes: manifest.archive.sizeBytes, dumpS };
    tell(`dumped: ${mb(databaseBytes)} MB, an archive of ${mb(facts.archiveBytes)} MB, ${dumpS.toFixed(0)} s`);
    const allowedBytes = Math.floor(databaseBytes / 3);
    const ours = await drilled(place, manifest, allowedBytes);
    tell(
      `drill: ${ours.verifyS.toFixed(0)} s in ${ours.drill.pieces?.count} pieces, ${mb(ours.peakBytes)} MB at its peak`,
    );
    const plain = withPlain ? await restoredPlainly(place, manifest) : undefined;
    if (plain) tell(`pg_restore: ${plain.restoreS.toFixed(0)} s, ${mb(plain.peakBytes)} MB at its peak`);
    return { ...facts, allowedBytes, ...ours, plain };
  } finally {
    await emptyVault(place.vault);
  }
}

/** The database goes as soon as it is dumped: nothing else needs its disk. */
async function backedUp(
  place: Place,
  sizeGb: number,
  tell: (line: string) => void,
): Promise<{ readonly manifest: Manifest; readonly dumpS: number }> {
  const folder = path.join(place.folder, 'source');
  mkdirSync(folder);
  const postgres = await startTestPostgres({ settings: SETTINGS, folder });
  try {
    const { name } = await makeManyTables(postgres, `bench_pieces_${sizeGb}`, sizeGb * 1e9, tell);
    const dumped = await run(oursTo({ ...place, postgres }, place.vault.config, name));
    const { answer } = JSON.parse(dumped.stdout.trim().split('\n').at(-1) ?? '') as { answer: Manifest };
    return { manifest: answer, dumpS: dumped.wallMs / 1000 };
  } finally {
    await postgres.end();
  }
}

/** Made as fast as a server can: nothing of it is to survive. */
const SETTINGS = {
  ...{ wal_level: 'minimal', max_wal_senders: '0', max_wal_size: '1GB', shared_buffers: '256MB', jit: 'off' },
  ...{ autovacuum: 'off', checkpoint_timeout: '1h', maintenance_work_mem: '512MB', synchronous_commit: 'off' },
};

async function drilled(
  place: Place,
  { database, firedAt }: Manifest,
  allowedBytes: number,
): Promise<Pick<PiecesOfSize, 'verifyS' | 'span' | 'peakBytes' | 'drill'>> {
  const folder = path.join(place.folder, 'drill');
  mkdirSync(folder);
  const detour = mkdtempSync(path.join(tmpdir(), 'pgvouch-pieces-'));
  const logged = { settings: LOG_SETTINGS, keepsClusters: true };
  const { installation, logFile } = detourServer(detour, embeddedPostgres(), logged);
  await keepCluster(installation);
  const disk = watchDisk(folder);
  try {
    const startedAtMs = Date.now();
    const { wallMs } = await run({
      argv: place.bundles.invocation('verify', { database, firedAt: formatFiredAt(new Date(firedAt)) }),
      env: {
        ...functionEnvironment(place, place.vault.config, database),
        ...{ SCRATCH_POSTGRES_DIR: installation, DRILL_FOLDER: folder },
        DRILL_DISK_MB: String(Math.floor(allowedBytes / 1e6)),
      },
    });
    const span = spanOf(readFileSync(logFile, 'utf8'), startedAtMs);
    return { verifyS: wallMs / 1000, span, peakBytes: disk.end(), drill: await drillOf(place) };
  } finally {
    disk.end();
    for (const one of [folder, detour]) rmSync(one, { recursive: true, force: true });
  }
}

async function drillOf({ vault }: Place): Promise<PiecesOfSize['drill']> {
  const key = (await vault.listAll()).map((one) => one.key).find((one) => one.includes('/verdict-')) ?? '';
  const { verdict, reasons, drill } = parseVerdict((await vault.getText(key)) ?? '', key);
  if (verdict !== 'restorable' || drill === undefined) throw new Error(`${verdict}: ${reasons.join(' ')}`);
  const { jobs, restoreMs, pieces } = drill;
  return { jobs, restoreMs, pieces };
}

/** Out of a local file, into a server with default settings. */
async function restoredPlainly(
  { folder: parent, vault, client }: Place,
  { archive }: Manifest,
): Promise<NonNullable<PiecesOfSize['plain']>> {
  const file = path.join(parent, 'pieces.dump');
  const { folder, remove } = await makeScratchFolder(parent);
  const plain = await startPlainServer(folder);
  const disk = watchDisk(folder);
  try {
    await pipeline(Readable.from((await vault.getBytes(archive.key)) ?? []), createWriteStream(file));
    const { wallMs } = await run({
      argv: [client.pgRestore, '--exit-on-error', `--jobs=${JOBS}`, '--dbname=postgres', file],
      env: libpqEnvironment(plain.target, 'postgres'),
    });
    return { restoreS: wallMs / 1000, peakBytes: disk.end() };
  } finally {
    disk.end();
    await plain.stop();
    remove();
    rmSync(file, { force: true });
  }
}

function tableOf({ sizes }: PiecesFigures): string {
  const rows = sizes.map(({ databaseBytes, archiveBytes, allowedBytes, peakBytes, drill, verifyS, span, plain }) => [
    `${(databaseBytes / 1e9).toFixed(1)} GB`,
    mb(archiveBytes),
    String(drill.pieces?.count ?? 1),
    mb(allowedBytes),
    mb(peakBytes),
    ratio(peakBytes / databaseBytes),
    ...[verifyS, span?.readS, span?.drillS, span?.idleS, plain?.restoreS].map((s) =>
      s === undefined ? '' : seconds(s),
    ),
    plain && span ? ratio(span.drillS / plain.restoreS) : '',
    plain ? ratio(verifyS / plain.restoreS) : '',
    plain ? mb(plain.peakBytes) : '',
  ]);
  const head = [
    'archive MB',
    'pieces',
    'allowed MB',
    'peak MB',
    'x database',
    ...['verify s', 'read s', 'drill s', 'idle s', 'plain s'],
    ...['drill x', 'verify x'],
    'plain peak MB',
  ];
  return formatTable([['database', ...head], ...rows]);
}
