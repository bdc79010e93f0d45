import { count } from '../../../../layers/words/counts.ts';
import { label } from '../../../../layers/words/texts.ts';
import { type ClusterStanding, judgeCluster } from './cluster-standing.ts';
import { type DatabaseStanding, judgeDatabase } from './database-standing.ts';
import type { ClusterFacts, DatabaseFacts, StatusFacts } from './facts.ts';
import type { Finding } from './finding.ts';
import { generalFindings } from './general-findings.ts';
import { type Level, levelOf, worstOf } from './level.ts';

export interface Judged {
  readonly facts: DatabaseFacts;
  readonly standing: DatabaseStanding;
}

export interface JudgedCluster {
  readonly facts: ClusterFacts;
  readonly standing: ClusterStanding;
}

/** What the page says first, and what it is about. */
export interface Summary {
  readonly level: Level;
  /** `All is well`. */
  readonly title: string;
  /** Why one may say so. */
  readonly lead: string;
  /** What belongs to no database. */
  readonly findings: readonly Finding[];
  /** The worst first, else in the order of the facts. */
  readonly databases: readonly Judged[];
  /** In the same order. */
  readonly clusters: readonly JudgedCluster[];
}

/** Sums up how everything stands, within what a person takes in at a glance. Pure. */
export function summaryOf(facts: StatusFacts, now: Date): Summary {
  const judged = facts.databases.map((database) => ({
    facts: database,
    standing: judgeDatabase(database, now),
  }));
  const rank = (level: Level) => -RANKS.indexOf(level);
  const databases = [...judged].sort((a, b) => rank(a.standing.level) - rank(b.standing.level));
  const clusters = (facts.clusters ?? [])
    .map((cluster) => ({ facts: cluster, standing: judgeCluster(cluster, now) }))
    .sort((a, b) => rank(a.standing.level) - rank(b.standing.level));
  const findings = [...generalFindings(facts, now)];
  const level = worstOf([
    ...(facts.vaultUp ? [] : ['unknown' as const]),
    ...(facts.databases.length === 0 ? ['attention' as const] : []),
    ...[...databases, ...clusters].map(({ standing }) => standing.level).filter((one) => one !== 'idle'),
    levelOf(findings, 'good'),
  ]);
  return { level, ...wordsFor(level, facts, databases, clusters), findings, databases, clusters };
}

/** From what comes last on a page to what comes first. */
export const RANKS: readonly Level[] = ['idle', 'good', 'attention', 'unknown', 'trouble'];

function wordsFor(
  level: Level,
  facts: StatusFacts,
  databases: readonly Judged[],
  clusters: readonly JudgedCluster[],
): { readonly title: string; readonly lead: string } {
  const isOne = ({ standing }: { readonly standing: { readonly level: Level } }) => standing.level === level;
  const servers = clusters.filter(isOne);
  const those = [...databases.filter(isOne), ...servers];
  const [first] = those;
  const all = databases.length + clusters.length;
  const who =
    those.length === 1 && first !== undefined
      ? label(first.facts.name)
      : servers.length === 0
        ? `${those.length} of ${count(databases.length, 'database')}`
        : `${those.length} of ${all} databases and servers`;
  if (level === 'unknown' && facts.databases.length > 0 && those.length === 0) {
    const lead =
      'All backups were listed, but the bucket did not answer everything. The exporter’s log says what is missing here.';
    return { title: 'Not all could be read', lead };
  }
  if (level === 'unknown') {
    const lead =
      'This says nothing about the backups themselves. The exporter’s log says what the bucket did or did not answer. The page shows what was read before the bucket went quiet.';
    return { title: 'The bucket does not answer', lead };
  }
  if (level === 'trouble') {
    const title = those.length === 0 ? 'Something needs you' : `${who} ${those.length === 1 ? 'needs' : 'need'} you`;
    return { title, lead: leadOf(databases) };
  }
  if (facts.databases.length === 0) {
    return { title: 'No database is known', lead: 'None is configured, and the bucket holds nothing of any.' };
  }
  if (level === 'attention') {
    const title = those.length === 0 ? 'Worth a look' : `${who} ${those.length === 1 ? 'is' : 'are'} worth a look`;
    return { title, lead: leadOf(databases) };
  }
  return { title: 'All is well', lead: leadOf(databases) };
}

/** How far the newest backups were proved. */
export function leadOf(databases: readonly Judged[]): string {
  const looked = databases.filter(({ facts: { configured, backups } }) => configured && backups !== undefined);
  const newest = looked.map(({ standing }) => standing.newest?.verdict);
  const restored = newest.filter((verdict) => verdict === 'restorable').length;
  const read = newest.filter((verdict) => verdict === 'readable').length;
  if (looked.length === 0) return '';
  if (restored === looked.length) {
    return looked.length === 1
      ? 'The newest backup was restored into a scratch server, and what came back was compared.'
      : `The newest backups of all ${looked.length} databases were restored into a scratch server and compared.`;
  }
  const parts = [
    ...(restored > 0 ? [`${restored} restored and compared`] : []),
    ...(read > 0 ? [`${read} read to the last byte`] : []),
    ...(restored + read < looked.length ? [`${looked.length - restored - read} not proved`] : []),
  ];
  return `Of the newest backups of ${count(looked.length, 'database')}: ${parts.join(', ')}.`;
}
