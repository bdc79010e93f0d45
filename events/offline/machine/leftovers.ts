import { readFile, rm, writeFile } from 'node:fs/promises';

/** Notes the processes that work on a directory, so that the next start can end what a killed one left. */
export async function notePids(pidFile: string, pids: readonly number[]): Promise<void> {
  await writeFile(pidFile, JSON.stringify(pids), { mode: 0o600 });
}

/**
 * Ends the processes that were noted there and still run: only those whose command line names the directory, because
 * a number may belong to somebody else by now.
 *
 * @param directory - the data directory that stands in their command lines
 * @returns how many were ended
 */
export async function endLeftovers(pidFile: string, directory: string): Promise<number> {
  let ended = 0;
  for (const pid of await notedPids(pidFile)) {
    if (!(await worksOn(pid, directory))) continue;
    process.kill(pid, 'SIGKILL');
    ended += 1;
    while (await worksOn(pid, directory)) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await rm(pidFile, { force: true });
  return ended;
}

async function notedPids(pidFile: string): Promise<number[]> {
  try {
    const pids: unknown = JSON.parse(await readFile(pidFile, 'utf8'));
    return Array.isArray(pids) ? pids.filter((pid) => Number.isInteger(pid) && pid > 1) : [];
  } catch {
    return [];
  }
}

/** A dead process that nobody has waited for has no command line any more. */
async function worksOn(pid: number, directory: string): Promise<boolean> {
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return commandLine.includes(directory);
}
