import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Lsn } from '../../../layers/wal/lsn.ts';
import type { Command } from '../measure/run.ts';
import { run } from '../measure/run.ts';
import { type BenchCluster, invocationOn, reachedIn } from '../place/cluster.ts';
import type { Place } from '../place/place.ts';

export interface KillFigures {
  readonly runs: readonly { readonly who: string; readonly kills: number; readonly lostBytes: number }[];
}

const KILLS = 8;
/** From a start to the kill, in milliseconds: in the start, in the look into the bucket, in the stream. */
const EARLIEST_MS = 150;
const LATEST_MS = 2_000;

/** How much of the WAL the bucket lacks after runs of wal that were killed at once, and one that was not. */
export async function killedRuns(
  place: Place,
  cluster: BenchCluster,
  { start, end, tell }: { readonly start: Lsn; readonly end: Lsn; readonly tell: (line: string) => void },
): Promise<KillFigures> {
  const command = invocationOn({ place, cluster, vault: place.vault.config }, 'wal', {}, { PITR_SLOT: 'ours' });
  let kills = 0;
  for (let n = 0; n < KILLS; n++) {
    const afterMs = EARLIEST_MS + (n * (LATEST_MS - EARLIEST_MS)) / (KILLS - 1);
    if (await killed(command, afterMs)) kills++;
  }
  await untilFree(cluster);
  await run(command);
  const reached = await reachedIn(place.vault, cluster, start);
  const lostBytes = reached >= end ? 0 : Number(end - reached);
  tell(`${kills} runs were killed: ${lostBytes} bytes of WAL lost`);
  return { runs: [{ who: 'pgvouch', kills, lostBytes }] };
}

/** @returns whether it was killed before it ended */
async function killed({ argv: [program = '', ...args], env }: Command, afterMs: number): Promise<boolean> {
  const child = spawn(program, args, { env: { PATH: process.env.PATH, ...env }, stdio: 'ignore' });
  const exit = once(child, 'exit') as Promise<[number | null, string | null]>;
  await Promise.race([exit, delay(afterMs)]);
  child.kill('SIGKILL');
  const [, signal] = await exit;
  return signal === 'SIGKILL';
}

/** The server takes a moment to see that a run has gone. */
async function untilFree(cluster: BenchCluster): Promise<void> {
  const active = `SELECT FROM pg_replication_slots WHERE slot_name = 'ours' AND active`;
  while ((await cluster.sql('postgres', active)).length > 0) await delay(50);
}
