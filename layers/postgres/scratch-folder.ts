import { chownSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { NOBODY } from './daemon.ts';

const NAME = /^pgvouch-drill-(\d+)-(\d+)-/;

/**
 * Makes a folder for one drill, and removes those of processes that ended without removing theirs: a copy of somebody's
 * data must not stay because we were killed. The name says whose it is: pid and start time, which no other process had.
 *
 * @param parent - where there is disk
 */
export function makeScratchFolder(parent: string): string {
  for (const name of readdirSync(parent)) {
    const [, pid, startedAt] = NAME.exec(name) ?? [];
    if (pid === undefined || startTimeOf(pid) === startedAt) continue;
    rmSync(path.join(parent, name), { recursive: true, force: true });
  }
  const folder = mkdtempSync(path.join(parent, `pgvouch-drill-${process.pid}-${startTimeOf('self')}-`));
  if (process.getuid?.() === 0) chownSync(folder, NOBODY, NOBODY);
  return folder;
}

/** In clock ticks since the machine started; undefined if there is no such process. @see proc_pid_stat(5) */
function startTimeOf(pid: string): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field, in parentheses, may hold anything; the start time is the 22nd.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
