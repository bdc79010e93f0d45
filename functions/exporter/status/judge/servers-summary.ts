import type { StatusFacts } from './facts.ts';
import { type Level, worstOf } from './level.ts';
import { leadOf, RANKS, type Summary, summaryOf } from './summary.ts';

/** One of several servers. */
export interface JudgedServer {
  readonly facts: StatusFacts;
  readonly summary: Summary;
}

/** How all servers stand. */
export interface ServersSummary {
  readonly level: Level;
  readonly title: string;
  readonly lead: string;
  /** The worst first, else in the order of the facts. */
  readonly servers: readonly JudgedServer[];
}

/** Sums up how several servers stand. Pure. */
export function summaryOfServers(all: readonly StatusFacts[], now: Date): ServersSummary {
  const judged = all.map((facts) => ({ facts, summary: summaryOf(facts, now) }));
  const servers = judged.sort((a, b) => RANKS.indexOf(b.summary.level) - RANKS.indexOf(a.summary.level));
  const level = worstOf(servers.map(({ summary }) => summary.level));
  const those = servers.filter(({ summary }) => summary.level === level);
  const lead =
    level === 'unknown' ? (those[0]?.summary.lead ?? '') : leadOf(servers.flatMap(({ summary }) => summary.databases));
  return { level, title: titleOf(level, those, servers.length), lead, servers };
}

function titleOf(level: Level, those: readonly JudgedServer[], servers: number): string {
  const titles = new Set(those.map(({ summary }) => summary.title));
  const [title = ''] = titles;
  // The bucket is one for all.
  if (level === 'good' || (titles.size === 1 && those.length === servers && level === 'unknown')) return title;
  const [first] = those;
  if (those.length === 1) return `${first?.facts.server}: ${title}`;
  const who = `${those.length} of ${servers} servers`;
  if (level === 'trouble') return `${who} need you`;
  return level === 'unknown' ? `${who} could not be read` : `${who} are worth a look`;
}
