import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg, totalmem } from 'node:os';
import path from 'node:path';

/** What one measurement found. */
export interface Finding<T = unknown> {
  /** `dump`: names its file. */
  readonly what: string;
  readonly figures: T;
  /** For people. */
  readonly table: string;
  /** For the README, as SVG. */
  readonly picture?: (machine: Machine) => string;
}

/** On what it was measured. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly node: string;
  /** Of the last minute, when the measurement began: anything beyond idle is somebody else's work. */
  readonly loadBefore: number;
}

export function describeMachine(): Machine {
  const cpu = /^model name\s*:\s*(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? 'unknown';
  const [loadBefore = 0] = loadavg();
  return { cpu, cores: availableParallelism(), memoryBytes: totalmem(), node: process.version, loadBefore };
}

/**
 * Writes a finding to `results/<what>.json`, its picture to `docs/bench.svg`, and its table into `docs/performance.md`.
 *
 * @returns the file
 */
export function publish({ what, figures, table, picture }: Finding, machine: Machine, finishedAt: Date): string {
  mkdirSync(RESULTS, { recursive: true });
  const file = fileOf(what);
  const all = { finishedAt: finishedAt.toISOString(), machine, table: table.split('\n'), ...(figures as object) };
  writeFileSync(file, `${JSON.stringify(all, rounded, 2)}\n`);
  if (picture) writeFileSync(PICTURE, picture(machine));
  writeFileSync(PAGE, fillPerformancePage(readFileSync(PAGE, 'utf8')));
  return file;
}

/**
 * A finding that was published.
 *
 * @throws Error if it was not
 */
export function published<T>(what: string): T & { readonly table: readonly string[] } {
  return JSON.parse(readFileSync(fileOf(what), 'utf8'));
}

/** The same, or undefined. */
export function earlier<T>(what: string): T | undefined {
  return existsSync(fileOf(what)) ? published<T>(what) : undefined;
}

/** Puts the tables that were published into the page that has places for them; all else stays as it is. */
export function fillPerformancePage(page: string): string {
  return page.replace(/(<!-- npm run bench -- --what ([\w-]+) -->\n).*?(<!-- end -->)/gs, (all, begin, what, end) => {
    if (!existsSync(fileOf(what))) return all;
    const { table } = published(what);
    return `${begin}\n\`\`\`text\n${table.join('\n')}\n\`\`\`\n\n${end}`;
  });
}

function fileOf(what: string): string {
  return path.join(RESULTS, `${what}.json`);
}

export const PAGE = path.resolve(import.meta.dirname, '../../../docs/performance.md');
const RESULTS = path.join(import.meta.dirname, '../results');
const PICTURE = path.resolve(import.meta.dirname, '../../../docs/bench.svg');

/** Nothing here is measured more exactly. */
function rounded(_: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(5)) : value;
}
