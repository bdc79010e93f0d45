import type { StoredCluster } from '../../layers/catalog/read-cluster.ts';
import { checkPages } from '../../layers/postgres/contents/check-pages.ts';
import { readReplayed } from '../../layers/postgres/contents/read-replayed.ts';
import type { RecoveringServer } from '../../layers/postgres/places/recovering-server.ts';
import { RecoveryEnded } from '../../layers/postgres/places/recovery-ended.ts';
import type { ScratchCluster, ServerPlace } from '../../layers/recovery/scratch-cluster.ts';
import { endsEarly } from '../../layers/recovery/wal-end.ts';
import type { ComparedDump, Recovered } from '../../layers/wal/base-verdict.ts';
import { formatLsn, parseLsn } from '../../layers/wal/lsn.ts';
import { compareDump } from './compare-dump.ts';
import type { RecoveryDeps } from './deps.ts';
import type { BaseDrill } from './drill.ts';
import type { DumpOnWay } from './dumps.ts';
import { corrupt, type Finding, fromDamage, readable, unrestorable } from './finding.ts';
import { readWal } from './read-bytes.ts';

export interface ReplayRequest {
  readonly cluster: ScratchCluster;
  readonly server: ServerPlace;
  /** In the order of positions. */
  readonly dumps: readonly DumpOnWay[];
  readonly stored: StoredCluster;
  readonly drill: BaseDrill;
}

/** What the pauses have brought to light. */
interface Seen {
  readonly compared: ComparedDump[];
  readonly differences: string[];
  readonly remarks: string[];
  readonly lacking: string[];
}

/**
 * Replays the WAL to its end, with a pause at each dump's position to compare, and looks at everything then.
 *
 * @throws {@link RecoveryEnded} if the server ends before
 */
export async function replay({ vault, clock }: RecoveryDeps, request: ReplayRequest): Promise<Finding> {
  const { cluster, server, drill } = request;
  const { way, signal } = drill;
  const seen: Seen = { compared: [], differences: [], remarks: [], lacking: [] };
  const beganAt = clock().getTime();
  let consistentMs: number | undefined;
  const start = async (lsn: bigint | undefined) => {
    const target = lsn === undefined ? ({ kind: 'latest' } as const) : ({ kind: 'lsn', lsn } as const);
    const to = { target, toTheEnd: lsn === undefined, timeline: way.timeline };
    const started = await cluster.start(to, { ...server, pause: lsn !== undefined });
    consistentMs ??= clock().getTime() - beganAt;
    return started;
  };
  const left: DumpOnWay[] = [];
  for (const dump of request.dumps) {
    if (!(await pauseAndCompare(start, dump, seen, signal))) left.push(dump);
  }
  const recovered = await start(undefined);
  try {
    await recovered.settled();
    const recoveryMs = clock().getTime() - beganAt;
    const { lsn: lsnText, lastCommitAt } = await readReplayed(recovered.target);
    const lsn = parseLsn(lsnText) ?? 0n;
    for (const dump of left) {
      if (lsn <= dump.lsn) await compare(recovered, dump, seen, signal);
      else seen.remarks.push(`Recovery did not pause for the dump of "${dump.manifest.database}".`);
    }
    const pages = await checkPages(recovered.target, signal);
    const failure = cluster.feed.failure();
    if (failure !== undefined) throw failure;
    const facts: Partial<Finding> = {
      reasons: [...seen.remarks, ...pages.remarks],
      recovered: {
        ...{ serverVersion: recovered.version, timeline: way.timeline, lsn: formatLsn(lsn) },
        ...(lastCommitAt && { lastCommitAt: lastCommitAt.toISOString() }),
        ...{ segments: countReplayed(request), consistentMs: consistentMs ?? 0, recoveryMs },
      } satisfies Recovered,
      checked: { tables: pages.tables, indexes: pages.indexes },
      ...(seen.compared.length > 0 && { compared: seen.compared }),
    };
    const broken = [...seen.differences, ...pages.damaged];
    if (broken.length > 0) return unrestorable(broken, facts);
    const end = await judgeEnd(vault, request, lsn, facts);
    if (end !== undefined) return end;
    if (seen.lacking.length > 0) return readable(seen.lacking, facts);
    return { ...facts, verdict: 'restorable', reasons: [proof(lsn, seen), ...(facts.reasons ?? [])] };
  } finally {
    await recovered.kill();
  }
}

/** The objects that were read before the first that is damaged. */
function countReplayed({ cluster: { feed }, drill }: ReplayRequest): number {
  const { objects } = drill.way.stretch;
  const damaged = feed.damage()?.object;
  const good = damaged === undefined ? objects : objects.slice(0, objects.indexOf(damaged));
  return good.filter((object) => feed.fed.has(object)).length;
}

/** @returns false if the WAL ends before the server could be sure that it has come to the dump's position */
async function pauseAndCompare(
  start: (lsn: bigint) => Promise<RecoveringServer>,
  dump: DumpOnWay,
  seen: Seen,
  signal: AbortSignal,
): Promise<boolean> {
  let server: RecoveringServer | undefined;
  try {
    server = await start(dump.lsn);
    await server.settled();
    await compare(server, dump, seen, signal);
    await server.stop();
    return true;
  } catch (error) {
    await server?.kill();
    if (error instanceof RecoveryEnded && NOT_REACHED.test(error.problem)) return false;
    throw error;
  }
}

/** @see src/backend/access/transam/xlogrecovery.c, PerformWalRecovery */
const NOT_REACHED = /recovery ended before configured recovery target was reached/;

async function compare(server: RecoveringServer, dump: DumpOnWay, seen: Seen, signal: AbortSignal): Promise<void> {
  const found = await compareDump(server.target, dump, signal);
  seen.compared.push(...found.compared);
  seen.differences.push(...found.differences);
  seen.lacking.push(...found.lacking);
}

/** Whether recovery ended where the WAL does: PostgreSQL takes what is broken for the end, and opens. */
async function judgeEnd(
  vault: RecoveryDeps['vault'],
  { cluster, stored, drill }: ReplayRequest,
  lsn: bigint,
  facts: Partial<Finding>,
): Promise<Finding | undefined> {
  const { start, way, signal } = drill;
  const { segmentSizeBytes } = stored.cluster;
  const { objects, to } = way.stretch;
  const unread = objects.filter((object) => !cluster.feed.fed.has(object));
  const damage = cluster.feed.damage() ?? (await readWal(vault, unread, segmentSizeBytes, signal));
  if (damage !== undefined) return fromDamage(damage, start, segmentSizeBytes, facts);
  if (!(await endsEarly(vault, { objects, to, segmentSizeBytes }, lsn, signal))) return undefined;
  const reason = `Recovery ended at ${formatLsn(lsn)}, though the WAL goes on to ${formatLsn(to)}: a record there is broken.`;
  return corrupt(reason, { ...facts, ...(lsn >= start.stopLsn && { goodUntil: formatLsn(lsn) }) });
}

function proof(lsn: bigint, { compared }: Seen): string {
  const tables = compared.reduce((sum, one) => sum + one.tables, 0);
  const rows = compared.reduce((sum, one) => sum + one.rows, 0);
  const names = [...new Set(compared.map(({ database }) => `"${database}"`))].join(', ');
  const equal =
    compared.length === 0
      ? 'No dump with a position in the WAL lies on the way, so no contents were compared.'
      : `Equal to the dumps of ${names}: ${tables} tables with ${rows} rows.`;
  return `Recovered to ${formatLsn(lsn)}, the end of the WAL. ${equal}`;
}
