import { closeSync, constants, openSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import path from 'node:path';

const FOLDER = '/dev/shm';
const GIB = 2 ** 30;
/** Servers, their databases and buckets: seldom more than 3 GiB at a time. */
const NEEDED_BYTES = 8 * GIB;

/**
 * A file system in memory for what tests write: hundreds of clusters of small files, which take a disk's file system a
 * third of all their CPU time.
 *
 * @returns undefined where there is none that is large enough, runs programs, and takes O_DIRECT (Linux 6.6), as Ceph does
 */
export function memoryFolder(): string | undefined {
  try {
    const mount = readFileSync('/proc/mounts', 'utf8').match(new RegExp(`^\\S+ ${FOLDER} tmpfs (\\S+)`, 'm'));
    if (!mount?.[1] || mount[1].split(',').includes('noexec')) return undefined;
    const { bavail, bsize } = statfsSync(FOLDER);
    const [, availableKb] = readFileSync('/proc/meminfo', 'utf8').match(/^MemAvailable: +(\d+) kB/m) ?? [];
    if (Math.min(bavail * bsize, Number(availableKb) * 1024) < NEEDED_BYTES) return undefined;
    return takesDirectWrites(path.join(FOLDER, `pgvouch-${process.pid}`)) ? FOLDER : undefined;
  } catch {
    return undefined;
  }
}

function takesDirectWrites(file: string): boolean {
  try {
    closeSync(openSync(file, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_DIRECT));
    return true;
  } catch {
    return false;
  } finally {
    rmSync(file, { force: true });
  }
}
