import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Injection } from './campaign.ts';
import { INVARIANTS, type Invariant } from './invariants.ts';

export interface Figures {
  readonly injected: number;
  /** Points that a run never reached: nothing was injected there. */
  readonly notReached: number;
  readonly runsSucceeded: number;
  readonly runsFailed: number;
  /** Good backups that verify called bad, because what it was given was wrong. */
  readonly falseAlarms: number;
  readonly violations: Readonly<Record<Invariant, number>>;
}

export function figuresOf(injections: readonly Injection[]): Figures {
  const sum = (of: (injection: Injection) => number) => injections.reduce((total, one) => total + of(one), 0);
  const broken = (invariant: Invariant) =>
    sum(({ violations }) => violations.filter((one) => one.invariant === invariant).length);
  return {
    injected: sum(({ struck }) => Number(struck)),
    notReached: sum(({ struck }) => Number(!struck)),
    runsSucceeded: sum(({ succeeded }) => succeeded),
    runsFailed: sum(({ failed }) => failed),
    falseAlarms: sum(({ falseAlarms }) => falseAlarms),
    violations: Object.fromEntries(INVARIANTS.map((one) => [one, broken(one)])) as Record<Invariant, number>,
  };
}

/** The figures by fault as a table for people, and in `results/<name>.json` all that was seen. */
export function publish(name: string, injections: readonly Injection[], durationMs: number): string {
  const total = figuresOf(injections);
  const folder = path.join(import.meta.dirname, '../results');
  mkdirSync(folder, { recursive: true });
  const all = { finishedAt: new Date().toISOString(), durationMs: Math.round(durationMs), total, injections };
  writeFileSync(path.join(folder, `${name}.json`), `${JSON.stringify(all, null, 2)}\n`);
  const faults = [...new Set(injections.map(({ fault, lane }) => `${lane}: ${fault}`))].sort();
  const rows = faults.map((fault) => {
    const own = injections.filter((one) => `${one.lane}: ${one.fault}` === fault);
    return [fault, ...cells(figuresOf(own))];
  });
  const lines = table([['fault', ...HEADINGS], ...rows, ['all', ...cells(total)]]);
  return [`${lines.join('\n')}\n`, summary(total)].join('\n');
}

/** One line for whoever watches. */
export function describeInjection({ lane, fault, point, durationMs, violations, struck }: Injection): string {
  const broken = violations.map(({ invariant, what }) => `; NOT ${invariant}: ${what}`).join('');
  return `${lane}: ${fault}, ${point}: ${struck ? 'checked' : 'never reached'} (${durationMs} ms)${broken}`;
}

const HEADINGS = ['injected', 'runs ok', 'failed', 'false successes', 'good lost', 'half visible', 'next', 'untold'];

function cells({ injected, runsSucceeded, runsFailed, violations }: Figures): string[] {
  return [injected, runsSucceeded, runsFailed, ...INVARIANTS.map((one) => violations[one])].map(String);
}

function summary({ injected, violations, falseAlarms }: Figures): string {
  return (
    `faults injected: ${injected}, false successes: ${violations['no false success']}, ` +
    `good backups lost: ${violations['no good backup lost']}, false alarms: ${falseAlarms}`
  );
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  );
}
