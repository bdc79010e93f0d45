import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/**
 * Waits while the last server of a data directory is dead, and nobody has taken note of it. PostgreSQL takes such a
 * process for a server that still runs, and refuses to start. Whoever adopted it, the machine's init as a rule, takes
 * note at its leisure; in a container without an init nobody does.
 *
 * @returns the number of that process, if it is still there after a minute
 * @see CreateLockFile in src/backend/utils/init/miscinit.c, and proc_pid_stat(5)
 */
export async function lastServerIsGone(dataDir: string, patienceMs = 60_000): Promise<number | undefined> {
  const [first = ''] = (await readIfThere(path.join(dataDir, 'postmaster.pid'))).split('\n');
  const giveUpAt = performance.now() + patienceMs;
  while (await isUnreaped(Number(first))) {
    if (performance.now() > giveUpAt) return Number(first);
    await wait(50);
  }
  return undefined;
}

async function isUnreaped(pid: number): Promise<boolean> {
  return pid > 1 && /^\d+ \(.*\) Z/s.test(await readIfThere(`/proc/${pid}/stat`));
}

const readIfThere = (file: string) => readFile(file, 'utf8').catch(() => '');
