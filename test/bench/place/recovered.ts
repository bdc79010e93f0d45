import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { NOBODY } from '../../../layers/postgres/places/daemon.ts';
import { startEmbeddedServer } from '../../../layers/postgres/places/embedded-server.ts';
import { installationOf } from '../../support/servers/installations.ts';
import { freePort, PASSWORD } from '../../support/servers/postgres.ts';
import type { BenchCluster } from './cluster.ts';

/** What one recovery took, once its files were there. */
export interface Replay {
  readonly seconds: number;
  /** Of each segment that restore_command was asked for and gave, in order. */
  readonly segmentsS: readonly number[];
}

/** An empty folder for a data directory of PostgreSQL's user. */
export function folderForData(inside: string): string {
  const folder = mkdtempSync(path.join(inside, 'restored-'));
  chmodSync(folder, 0o711);
  const data = path.join(folder, 'data');
  mkdirSync(data, { mode: 0o700 });
  if (process.getuid?.() === 0) for (const made of [folder, data]) chownSync(made, NOBODY, NOBODY);
  return data;
}

/**
 * Starts PostgreSQL in a data directory that was restored, waits until it takes writes, and ends it.
 *
 * @param check - asks the server whether it is what was asked for
 */
export async function replay(
  { target }: BenchCluster,
  dataDir: string,
  check: (server: { readonly port: number }) => Promise<void>,
): Promise<Replay> {
  const times = path.join(path.dirname(dataDir), 'times');
  const startedAt = performance.now();
  const server = await startEmbeddedServer({
    ...{ installation: await installationOf(18), dataDir, port: await freePort(), user: target.user },
    password: PASSWORD,
    settings: {
      ...{
        fsync: 'off',
        hot_standby: 'off',
        archive_mode: 'off',
        shared_buffers: '256MB',
        unix_socket_directories: '',
      },
      ...{ max_wal_size: '1GB', restore_command: `sh ${timed(dataDir, times)} "%f" "%p"` },
    },
    startMs: 600_000,
  });
  const seconds = (performance.now() - startedAt) / 1000;
  await check(server).finally(server.stop);
  const lines = existsSync(times) ? readFileSync(times, 'utf8').trim().split('\n') : [];
  const given = lines.map((line) => line.split(' ')).filter(([name, , code]) => name?.length === 24 && code === '0');
  return { seconds, segmentsS: given.map(([, nanoseconds]) => Number(nanoseconds) / 1e9) };
}

/** A program around the restore_command of that folder, which notes how long each call takes. */
function timed(dataDir: string, times: string): string {
  const settings = readFileSync(path.join(dataDir, 'postgresql.auto.conf'), 'utf8');
  const [, command = ''] = [...settings.matchAll(/^restore_command = '((?:[^']|'')+)'$/gm)].at(-1) ?? [];
  const asked = command.replaceAll("''", "'").replaceAll('"%f"', '%f').replaceAll('"%p"', '%p');
  const line = asked.replace('%f', '"$1"').replace('%p', '"$2"');
  const file = path.join(path.dirname(dataDir), 'timed');
  const script = `from=$(date +%s%N)\n${line}\ncode=$?\necho "$1 $(($(date +%s%N) - from)) $code" >>'${times}'\nexit $code\n`;
  writeFileSync(file, script, { mode: 0o755 });
  return file;
}
