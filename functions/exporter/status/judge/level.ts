import type { Finding } from './finding.ts';

/** How something stands, from calm to alarming; `idle` is a database that is not backed up any more, on purpose. */
export const LEVELS = ['good', 'idle', 'attention', 'unknown', 'trouble'] as const;
export type Level = (typeof LEVELS)[number];

/** The worst of what was found, where it is worse than how it stands otherwise. */
export function levelOf(findings: readonly Finding[], otherwise: Level): Level {
  return worstOf([otherwise, ...findings.flatMap(({ level }) => (level === 'note' ? [] : [level]))]);
}

/** The most alarming of some levels; good if there are none. */
export function worstOf(levels: readonly Level[]): Level {
  return LEVELS.findLast((level) => levels.includes(level)) ?? 'good';
}
