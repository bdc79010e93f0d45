import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/**
 * Sends one process a signal, SIGKILL by default.
 *
 * @throws when there is no such process, or the number means more than one: 0 is the caller's whole group, -1 everybody
 * @see kill(2)
 */
export function kill(pid: number | undefined, signal: NodeJS.Signals = 'SIGKILL'): void {
  if (pid === undefined || !Number.isInteger(pid) || pid <= 1) throw new Error(`not the pid of one process: ${pid}`);
  process.kill(pid, signal);
}

/** @returns whether there was such a process */
export function killIfThere(pid: number): boolean {
  try {
    kill(pid);
    return true;
  } catch {
    return false;
  }
}

export function isAlive(pid: number | undefined): boolean {
  try {
    // Dead, and nobody has waited for it: as good as gone.
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** The programs of those that run in a folder. */
export function processesIn(folder: string): string[] {
  return readdirSync('/proc').flatMap((pid) => {
    try {
      return readlinkSync(`/proc/${pid}/cwd`) === folder ? [readlinkSync(`/proc/${pid}/exe`)] : [];
    } catch {
      // No process, or one that has ended.
      return [];
    }
  });
}

/** Everything that descends from a process, by pid, with its command line. */
export function descendantsOf(root: number): Map<number, string> {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const stat = read(`/proc/${name}/stat`);
    parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
  }
  const found = new Map<number, string>();
  const descends = (pid: number): boolean => {
    const parent = parents.get(pid);
    return parent !== undefined && parent > 0 && (parent === root || descends(parent));
  };
  for (const pid of parents.keys()) {
    if (descends(pid)) found.set(pid, read(`/proc/${pid}/cmdline`).replaceAll('\0', ' '));
  }
  return found;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
