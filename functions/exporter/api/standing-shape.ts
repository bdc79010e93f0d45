import { backupEntry } from '../../../layers/api/backup-shape.ts';
import { clusterWindows } from '../../../layers/api/cluster-shape.ts';
import type { ClusterShape, DatabaseShape, FindingShape, StatusShape } from '../../../layers/api/shapes.ts';
import type { ClusterState, DatabaseDetails, DatabaseState, Details, Observation } from '../observe/observation.ts';
import type { StatusFacts } from '../status/judge/facts.ts';
import type { Finding } from '../status/judge/finding.ts';
import type { Judged, JudgedCluster, Summary } from '../status/judge/summary.ts';

/** What was observed, and what the page makes of it. */
export interface Stand {
  readonly observation: Observation;
  readonly details: Details;
  readonly facts: StatusFacts;
  readonly summary: Summary;
}

/** What the status page says, for programs. Pure. */
export function statusShape(stand: Stand, version: string, now: Date): StatusShape {
  const { facts, summary } = stand;
  const { schedule, retention, observedAt, vaultUp } = facts;
  return {
    ...{ version, observedAt: observedAt.toISOString(), vaultUp },
    ...{ level: summary.level, title: summary.title, lead: summary.lead },
    schedule: { previousAt: iso(schedule.previousAt), nextAt: iso(schedule.nextAt) },
    retention: {
      ...{ lastRunAt: iso(retention.lastRunAt), problems: [...retention.problems] },
      removes: retention.removes ?? null,
    },
    findings: summary.findings.map(findingShape),
    databases: summary.databases.map((judged) => databaseShape(judged, stand)),
    clusters: summary.clusters.flatMap((judged) => clusterShape(judged, stand, now)),
  };
}

function databaseShape({ facts, standing }: Judged, { observation, details }: Stand): DatabaseShape {
  const { name, configured, goneSince, backups, failures, oldestRestorableAt, restoreMs } = facts;
  const state = observation.databases.find(({ database }) => database === name);
  return {
    ...{ database: name, configured, goneSince: iso(goneSince), level: standing.level, headline: standing.headline },
    findings: standing.findings.map(findingShape),
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
      findings: standing.findings.map(findingShape),
    },
  ];
}

function findingShape({ level, text, detail, hint }: Finding): FindingShape {
  return { level, text, detail: detail ?? null, hint: hint ?? null };
}

function iso(at: Date | null | undefined): string | null {
  return at?.toISOString() ?? null;
}
