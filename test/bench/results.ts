import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
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
 * Writes a finding to `results/<what>.json`, and its picture to `docs/bench.svg`.
 *
 * @returns the file
 */
export function publish({ what, figures, picture }: Finding, machine: Machine, finishedAt: Date): string {
  const folder = path.join(import.meta.dirname, 'results');
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${what}.json`);
  const all = { finishedAt: finishedAt.toISOString(), machine, ...(figures as object) };
  writeFileSync(file, `${JSON.stringify(all, rounded, 2)}\n`);
  if (picture) writeFileSync(PICTURE, picture(machine));
  return file;
}

const PICTURE = path.resolve(import.meta.dirname, '../../docs/bench.svg');

/** Nothing here is measured more exactly. */
function rounded(_: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(5)) : value;
}
