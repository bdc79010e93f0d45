import path from 'node:path';
import { type Run, run } from '../measure/run.ts';
import { type BenchCluster, libpqOf } from './cluster.ts';

const CLIENTS = 4;
const BATCH_S = 4;

/** Fills a database of pgbench's own; each unit of the scale is 15 MB. */
export function fillPgbench(cluster: BenchCluster, scale: number): Promise<Run> {
  return pgbench(cluster, ['--initialize', '--quiet', `--scale=${scale}`]);
}

/** Has pgbench's own transactions write so much WAL, or a little more. */
export async function writePgbenchWal(cluster: BenchCluster, bytes: number): Promise<void> {
  const until = (await cluster.flushedTo()) + BigInt(bytes);
  while ((await cluster.flushedTo()) < until) {
    // After a checkpoint a page is in the WAL as a whole when it first changes: without, a gigabyte takes many minutes.
    await cluster.sql('postgres', 'CHECKPOINT');
    await pgbench(cluster, [`--client=${CLIENTS}`, `--time=${BATCH_S}`, '--no-vacuum']);
  }
}

/** Has the server write so much WAL, or a little more, that no compression makes smaller. */
export async function writeRandomWal(cluster: BenchCluster, bytes: number): Promise<void> {
  const megabyte = `decode(string_agg(md5(random()::text), ''), 'hex')`;
  const message = `SELECT pg_logical_emit_message(true, 'bench', ${megabyte}) FROM generate_series(1, 65536)`;
  for (let written = 0; written < bytes; written += 1024 ** 2) await cluster.sql('postgres', message);
}

/** Runs it. Anything that needs its process, such as its end, starts the command itself. */
export function pgbench(cluster: BenchCluster, args: readonly string[]): Promise<Run> {
  return run(pgbenchCommand(cluster, args));
}

export function pgbenchCommand(cluster: BenchCluster, args: readonly string[]) {
  return { argv: [path.join(cluster.programs, 'pgbench'), ...args, 'postgres'], env: libpqOf(cluster) };
}
