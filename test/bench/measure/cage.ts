import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** A control group with limits. */
export interface Cage {
  /** The command line that runs another one inside. */
  enter(argv: readonly string[]): string[];
  /** The most memory that was used inside at once, the disk's cache included. */
  peakBytes(): number;
  /** The memory that is used inside now, without pages of files that nobody has used lately: as `docker stats` shows it. */
  workingSetBytes(): number;
  /** How often the kernel ended a process inside for want of memory. */
  oomKills(): number;
  /** Removes it; everything in it must have ended. */
  remove(): void;
}

export interface CageLimits {
  readonly memoryBytes: number;
  /** In cores: 0.5. */
  readonly cpus: number;
}

const PERIOD_US = 100_000;
const ROOT = '/sys/fs/cgroup';

/**
 * Makes a control group, as a container's runtime does.
 *
 * @returns undefined where this machine or this user may not make one
 * @see https://docs.kernel.org/admin-guide/cgroup-v1/memory.html, https://docs.kernel.org/scheduler/sched-bwc.html
 */
export function makeCage({ memoryBytes, cpus }: CageLimits): Cage | undefined {
  const name = `pgvouch-bench-${process.pid}`;
  const [memory, cpu] = [path.join(ROOT, 'memory', name), path.join(ROOT, 'cpu', name)];
  const remove = () => {
    for (const group of [memory, cpu]) if (existsSync(group)) rmdirSync(group);
  };
  try {
    for (const group of [memory, cpu]) mkdirSync(group);
    writeFileSync(path.join(memory, 'memory.limit_in_bytes'), String(memoryBytes));
    writeFileSync(path.join(cpu, 'cpu.cfs_period_us'), String(PERIOD_US));
    writeFileSync(path.join(cpu, 'cpu.cfs_quota_us'), String(Math.round(cpus * PERIOD_US)));
  } catch {
    remove();
    return undefined;
  }
  const members = [memory, cpu].map((group) => path.join(group, 'cgroup.procs'));
  return {
    enter: (argv) => [
      'bash',
      '-ec',
      `for group in ${members.join(' ')}; do echo $$ > $group; done; exec "$@"`,
      'cage',
      ...argv,
    ],
    peakBytes: () => Number(readFileSync(path.join(memory, 'memory.max_usage_in_bytes'), 'utf8')),
    workingSetBytes: () =>
      Number(readFileSync(path.join(memory, 'memory.usage_in_bytes'), 'utf8')) -
      statOf(path.join(memory, 'memory.stat'), 'total_inactive_file'),
    oomKills: () => statOf(path.join(memory, 'memory.oom_control'), 'oom_kill'),
    remove,
  };
}

function statOf(file: string, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(readFileSync(file, 'utf8'))?.[1]);
}
