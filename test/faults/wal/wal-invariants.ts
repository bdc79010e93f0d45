import { expect } from 'vitest';
import { readCluster, readClusters, type StoredCluster } from '../../../layers/catalog/read-cluster.ts';
import { continuityOf } from '../../../layers/wal/continuity.ts';
import { coverage, type Gap, gapsBetween } from '../../../layers/wal/coverage.ts';
import { formatLsn, parseLsn } from '../../../layers/wal/lsn.ts';
import { planRecovery } from '../../../layers/wal/recovery-plan.ts';
import { ancestry } from '../../../layers/wal/timelines.ts';
import { newestTimeline } from '../../../layers/wal/windows.ts';
import { pgvouch, variablesOf } from '../../support/servers/command-line.ts';
import { folderForData, recovering } from '../../support/world/stored-cluster.ts';
import { writeWal } from '../../support/world/wal-world.ts';
import type { RestartablePostgres } from '../campaign/restartable-postgres.ts';
import type { WalPlace } from './wal-place.ts';

/** What the server held at a moment at which nobody wrote. */
export interface Copy {
  readonly lsn: bigint;
  readonly rows: number;
  /** Of every column of every row. */
  readonly hash: string;
}

/** What the campaign itself knows. */
export interface Known {
  /** From here on there is WAL. */
  readonly from: bigint;
  /** WAL that was lost because a slot was: nothing else may be missing. */
  readonly gaps: Gap[];
  readonly copies: Copy[];
}

export async function readStored({ vault }: Pick<WalPlace, 'vault'>): Promise<StoredCluster | undefined> {
  const [cluster] = await readClusters(vault);
  return cluster && readCluster(vault, cluster);
}

/** How far the WAL in the bucket goes, and what is missing in it, on the newest timeline. */
export function reachOf({ holdings, histories, bases }: StoredCluster, from: bigint): { to: bigint; gaps: Gap[] } {
  const spans = ancestry(newestTimeline({ holdings, histories, bases }), histories);
  const stretches = coverage(holdings, spans, from);
  return { to: stretches.at(-1)?.to ?? from, gaps: gapsBetween(stretches) };
}

/**
 * Expects a server to have heard of no position that the bucket does not reach, and no WAL to be missing but what is known
 * to be.
 *
 * @returns how far the bucket reaches
 */
export async function expectHeardIsStored(
  place: WalPlace,
  known: Known,
  server: RestartablePostgres = place.writer.server,
): Promise<bigint> {
  // What it has heard first, and then what there is: a run may be at work.
  const [heard] = await server.sql<{ lsn: string | null }>(
    'postgres',
    `SELECT max(lsn)::text AS lsn FROM (
       SELECT restart_lsn AS lsn FROM pg_replication_slots WHERE slot_name = 'pgvouch'
       UNION ALL SELECT flush_lsn FROM pg_stat_replication WHERE application_name LIKE 'pgvouch%') AS positions`,
  );
  const heardLsn = parseLsn(heard?.lsn ?? '') ?? 0n;
  const stored = await readStored(place);
  if (stored === undefined) {
    // No run has come so far: the slot is where it was made.
    expect(heardLsn).toBe(known.from);
    return known.from;
  }
  const { to, gaps } = reachOf(stored, known.from);
  expect(gaps).toEqual(known.gaps);
  expect(to >= heardLsn || heardLsn === known.from, `the server heard of ${heardLsn}, the bucket ends at ${to}`).toBe(
    true,
  );
  return to;
}

/** WAL, with a few rows that recoveries can be told apart by. */
export async function write(server: RestartablePostgres, megabytes: number): Promise<void> {
  await writeWal(server, megabytes);
  // What cannot be compressed takes its time on the way to the bucket.
  await server.sql(
    'postgres',
    `SELECT pg_logical_emit_message(false, 'test', string_agg(md5(random()::text), '')) FROM generate_series(1, 30000)`,
  );
  await server.sql('postgres', `INSERT INTO ledger (body) SELECT md5(random()::text) FROM generate_series(1, 3)`);
}

export const LEDGER =
  'CREATE TABLE ledger (id bigserial PRIMARY KEY, at timestamptz DEFAULT clock_timestamp(), body text)';
const CONTENTS = `SELECT count(*)::int AS rows, md5(coalesce(string_agg(ledger::text, ',' ORDER BY id), '')) AS hash FROM ledger`;

/** Nobody may be writing. */
export async function copyNow({ sql }: RestartablePostgres): Promise<Copy> {
  const [contents] = await sql<{ rows: number; hash: string }>('postgres', CONTENTS);
  const [at] = await sql<{ lsn: string }>('postgres', 'SELECT pg_current_wal_insert_lsn()::text AS lsn');
  return { lsn: parseLsn(at?.lsn ?? '') ?? 0n, rows: contents?.rows ?? 0, hash: contents?.hash ?? '' };
}

/** Expects the continuity check to name what is known to be missing, and every base backup to be whole. */
export function expectGapsNamed(stored: StoredCluster, known: Known): void {
  const { gaps, bases, withoutHistory } = continuityOf(stored);
  expect(gaps.map(({ from, to }) => ({ from, to }))).toEqual(known.gaps);
  expect(bases.filter(({ isWhole }) => !isWhole)).toEqual([]);
  expect(withoutHistory).toEqual([]);
}

/** The copies that the bucket can bring back. It must refuse the others, which are those of the gaps. */
export function recoverable(stored: StoredCluster, known: Known): Copy[] {
  const byStart = [...stored.bases].sort((a, b) => (a.stopLsn < b.stopLsn ? -1 : 1));
  const first = byStart[0]?.stopLsn ?? 0n;
  const lost = known.gaps.map(({ from }) => ({
    from,
    to: byStart.find(({ startLsn }) => startLsn > from)?.stopLsn ?? stored.bases[0]?.stopLsn ?? 0n,
  }));
  return known.copies.filter(({ lsn }) => {
    const isLost = lsn < first || lost.some(({ from, to }) => lsn > from && lsn < to);
    const plan = planRecovery(stored, { kind: 'lsn', lsn });
    expect({ lsn, isRefused: 'why' in plan }).toEqual({ lsn, isRefused: isLost });
    return !isLost;
  });
}

/** Recovers to a copy's moment with the command that people use, and expects what the copy has. */
export async function expectRecovery({ vault, writer }: WalPlace, copy: Copy): Promise<void> {
  const dataDir = folderForData();
  const args = ['restore', '--to-dir', dataDir, '--at-lsn', formatLsn(copy.lsn)];
  const result = await pgvouch(variablesOf(vault, writer.server.target), ...args);
  expect(result).toMatchObject({ exitCode: 0 });
  const server = await recovering(dataDir, writer.server.target);
  try {
    const [contents] = await server.sql<{ rows: number; hash: string }>('postgres', CONTENTS);
    expect({ lsn: copy.lsn, ...contents }).toEqual(copy);
  } finally {
    await server.end();
  }
}
