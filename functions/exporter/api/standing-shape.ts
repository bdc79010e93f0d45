import { backupEntry } from '../../../layers/api/backup-shape.ts';
import { clusterWindows } from '../../../layers/api/cluster-shape.ts';
import type {
  ClusterShape,
  DatabaseShape,
  FindingShape,
  RefreshShape,
  ServerShape,
  StatusShape,
} from '../../../layers/api/shapes.ts';
import { commandsFor } from '../../../layers/words/commands.ts';
import type { ClusterState, DatabaseDetails, DatabaseState, Details, Observation } from '../observe/observation.ts';
import type { StatusFacts } from '../status/judge/facts.ts';
import type { Finding } from '../status/judge/finding.ts';
import type { RefreshFacts } from '../status/judge/refresh-facts.ts';
import { type Judged, type JudgedCluster, type Summary, summaryOf } from '../status/judge/summary.ts';

/** What was observed, and what the page makes of it. */
export interface Stand {
  readonly observation: Observation;
  readonly details: Details;
  readonly facts: StatusFacts;
  readonly summary: Summary;
}

/** How a server stands, in short. Pure. */
export function serverShape(facts: StatusFacts, now: Date): ServerShape {
  return shortly(facts, summaryOf(facts, now));
}

function shortly({ server, observedAt, vaultUp }: StatusFacts, { level, title, lead }: Summary): ServerShape {
  return { server: server ?? null, observedAt: observedAt.toISOString(), vaultUp, level, title, lead };
}

/** What the status page says, for programs. Pure. */
export function statusShape(stand: Stand, version: string, now: Date): StatusShape {
  const { facts, summary } = stand;
  const { schedule, retention } = facts;
  return {
    version,
    ...shortly(facts, summary),
    schedule: { previousAt: iso(schedule.previousAt), nextAt: iso(schedule.nextAt) },
    retention: {
      ...{ lastRunAt: iso(retention.lastRunAt), problems: [...retention.problems] },
      removes: retention.removes ?? null,
    },
    findings: findingShapes(summary.findings, facts.server),
    databases: summary.databases.map((judged) => databaseShape(judged, stand)),
    clusters: summary.clusters.flatMap((judged) => clusterShape(judged, stand, now)),
    refreshes: (facts.refreshes ?? []).map(refreshShape),
  };
}

function databaseShape({ facts, standing }: Judged, { observation, details }: Stand): DatabaseShape {
  const { name, configured, goneSince, backups, failures, oldestRestorableAt, restoreMs } = facts;
  const state = observation.databases.find(({ database }) => database === name);
  return {
    ...{ database: name, configured, goneSince: iso(goneSince), level: standing.level, headline: standing.headline },
    findings: findingShapes(standing.findings, facts.server),
    newest: newestShape(state, standing.newest?.firedAt, details.databases.get(name)),
    oldestRestorableAt: iso(oldestRestorableAt),
    restoreSeconds: restoreMs === undefined ? null : restoreMs / 1000,
    backups: backups?.length ?? null,
    ...{ failures: failures.count, lastFailureAt: iso(failures.lastAt) },
  };
}

function newestShape(
  state: DatabaseState | undefined,
  firedAt: Date | undefined,
  details: DatabaseDetails | undefined,
): DatabaseShape['newest'] {
  const entry = state?.listed?.entries.find((one) => one.firedAt.getTime() === firedAt?.getTime());
  return entry ? backupEntry(entry, besideOf(entry, details)) : null;
}

/** What was read beside a listing. */
export function besideOf(
  { drill, retired }: Parameters<typeof backupEntry>[0],
  details: DatabaseDetails | undefined,
): Parameters<typeof backupEntry>[1] {
  return {
    drill: drill && details?.drills.get(drill.key),
    mark: retired && details?.marks.get(retired.key),
  };
}

function clusterShape({ facts, standing }: JudgedCluster, { observation }: Stand, now: Date): ClusterShape[] {
  const { systemIdentifier, configured } = facts;
  const isIt = ({ cluster }: ClusterState) => cluster.systemIdentifier === systemIdentifier;
  const state = observation.clusters?.find(isIt);
  if (state === undefined) return [];
  return [
    {
      ...clusterWindows({ ...state, left: state.status ?? undefined }, now),
      ...{ configured, level: standing.level, headline: standing.headline },
      findings: findingShapes(standing.findings, observation.server),
    },
  ];
}

/** @param server - of several, the one that their commands are about */
function findingShapes(findings: readonly Finding[], server: string | undefined): FindingShape[] {
  return findings.map(({ level, text, detail, hint }) => ({
    ...{ level, text, detail: detail ?? null },
    hint: hint === undefined ? null : commandsFor(server, hint),
  }));
}

function iso(at: Date | null | undefined): string | null {
  return at?.toISOString() ?? null;
}

function refreshShape({ name, from, database, last, current, overdueAt, nextAt }: RefreshFacts): RefreshShape {
  return {
    ...{ refresh: name, from, database, overdueAt: iso(overdueAt), nextAt: iso(nextAt) },
    last: last ? { ...last, problem: last.problem ?? null, hint: last.hint ?? null } : null,
    holds: current
      ? {
          ...{ ...current.backup, switchedAt: current.switchedAt, masked: current.maskedBy !== null },
          ...{ durationSeconds: current.durationMs / 1000, previous: current.previous, remarks: current.remarks },
        }
      : null,
  };
}
