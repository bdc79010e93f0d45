import { lossMs } from '../../../../layers/wal/standing.ts';
import { moment } from '../../../../layers/words/instants.ts';
import { span } from '../../../../layers/words/spans.ts';
import { LIMITS } from '../../prometheus/limits.ts';
import { clusterFindings } from './cluster-findings.ts';
import type { ClusterFacts } from './facts.ts';
import type { Finding } from './finding.ts';
import { LEVELS, type Level, levelOf } from './level.ts';

export interface ClusterStanding {
  readonly level: Level;
  /** `can go back to any second since 12 November, 03:10 UTC` */
  readonly headline: string;
  /** The worst first. */
  readonly findings: readonly Finding[];
}

/** How far back a cluster can go, in words that promise nothing more than what the bucket holds. Pure. */
export function judgeCluster(cluster: ClusterFacts, now: Date): ClusterStanding {
  const rank = ({ level }: Finding) => (level === 'note' ? 0 : LEVELS.indexOf(level));
  const findings = [...clusterFindings(cluster, now)].sort((a, b) => rank(b) - rank(a));
  const { configured } = cluster;
  return {
    level: levelOf(findings, configured ? 'good' : 'idle'),
    headline: configured ? wayBack(cluster, now) : `${wayBack(cluster, now)}; not archived any more`,
    findings,
  };
}

/** The time that would be lost with the server; undefined if no moment is known. */
export function clusterLossMs({ recoveryPointAt }: ClusterFacts, now: Date): number | undefined {
  return recoveryPointAt && lossMs(recoveryPointAt, now);
}

function wayBack(cluster: ClusterFacts, now: Date): string {
  const { windows, bases, configured } = cluster;
  const window = windows.at(-1);
  if (bases.length === 0) return 'cannot go back yet: there is no base backup';
  if (window === undefined) return 'cannot go back: no base backup has the WAL that it needs';
  const since = moment(window.from, now);
  const lost = clusterLossMs(cluster, now);
  const goesOn = configured && !window.endsInGap && lost !== undefined && lost <= LIMITS.recoveryPointAgeMs;
  if (goesOn) return `can go back to any second since ${since}`;
  const until = `can go back to any second from ${since} to ${moment(window.to, now)}`;
  return window.endsInGap
    ? `${until}, and not later: WAL is missing`
    : `${until}, ${span(now.getTime() - window.to.getTime())} ago`;
}
