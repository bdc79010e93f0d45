import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { coverage } from '../../../layers/wal/coverage.ts';
import { holdingsOf } from '../../../layers/wal/holdings.ts';
import { walFolder } from '../../../layers/wal/keys.ts';
import { parseLsn } from '../../../layers/wal/lsn.ts';
import { ancestry } from '../../../layers/wal/timelines.ts';
import { PASSWORD } from '../../support/servers/postgres.ts';
import { SLOT, slotLsn, type WalWorld, walWorld, writeWal } from '../../support/world/wal-world.ts';
import { type RestartablePostgres, startRestartablePostgres } from '../campaign/restartable-postgres.ts';
import { bundleWal, startWal, type WalProcess } from './wal-process.ts';

const SEGMENT_SIZE = 16 * 1024 ** 2;

/** What happens to a run, at a moment of its life that nobody chose. */
const FAULTS = ['killed', 'killed beside another', 'walsender ended', 'server killed'] as const;

/**
 * Breaks runs off, one after another, while the server writes; looks after each whether the server has been told of
 * anything that is not in the bucket; and in the end whether every byte is there.
 *
 * @returns what was done how often
 */
export async function walCampaign(faults: number, random: () => number): Promise<Record<string, number>> {
  const folder = mkdtempSync(path.join(tmpdir(), 'pgvouch-wal-'));
  const postgres = await startRestartablePostgres();
  const done: Record<string, number> = {};
  try {
    const bundle = await bundleWal(folder);
    // So that all can be compared in the end.
    for (const setting of [`wal_keep_size = '8GB'`, 'max_wal_senders = 6', `max_wal_size = '64MB'`]) {
      await postgres.sql('postgres', `ALTER SYSTEM SET ${setting}`);
    }
    await postgres.restart();
    const here = await walWorld(postgres);
    const from = parseLsn(await slotLsn(postgres)) ?? 0n;
    const start = () => startWal(bundle, here.vault, postgres.target);
    const aRunMs = await timeOf(start());
    for (let fault = 0; fault < faults; fault++) {
      const what = FAULTS[Math.floor(random() * FAULTS.length)] ?? 'killed';
      await writeWal(postgres, Math.floor(random() * 6));
      const ended = await breakOff(what, postgres, start, random() * aRunMs * 1.2);
      done[what] = (done[what] ?? 0) + 1;
      for (const { said } of ended) expect(said).not.toContain(PASSWORD.slice(0, 6));
      await expectSlotBehindBucket(here, postgres);
    }
    await writeWal(postgres, 1);
    await catchUp(here);
    const tip = await expectSlotBehindBucket(here, postgres, from);
    const [row] = await postgres.sql<{ reached: boolean }>(
      'postgres',
      `SELECT restart_lsn >= pg_current_wal_flush_lsn() - 100000 AS reached FROM pg_replication_slots`,
    );
    expect({ tip: tip > from, reached: row?.reached }).toEqual({ tip: true, reached: true });
    await here.expectSameBytes();
    return done;
  } finally {
    await postgres.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function breakOff(
  what: (typeof FAULTS)[number],
  postgres: RestartablePostgres,
  start: () => WalProcess,
  afterMs: number,
) {
  const runs = what === 'killed beside another' ? [start(), start()] : [start()];
  const writing = writeWal(postgres, 2).catch(() => {});
  await delay(afterMs);
  if (what.startsWith('killed')) runs[0]?.child.kill('SIGKILL');
  if (what === 'walsender ended') {
    await postgres.sql('postgres', `SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active`);
  }
  if (what === 'server killed') await postgres.kill();
  await writing;
  const ended = await Promise.all(runs.map((run) => run.ended));
  await postgres.revive();
  return ended;
}

/** A run that a killed one left its slot to may find it in use for a moment. */
async function catchUp(here: WalWorld): Promise<void> {
  for (let busy = true; busy; ) busy = (await here.archive()).outcome === 'busy';
}

/** @returns how far the bucket's WAL goes without a gap */
async function expectSlotBehindBucket(
  { vault }: WalWorld,
  postgres: RestartablePostgres,
  from?: bigint,
): Promise<bigint> {
  const [row] = await postgres.sql<{ id: string; lsn: string }>(
    'postgres',
    `SELECT system_identifier::text AS id, restart_lsn::text AS lsn FROM pg_control_system(), pg_replication_slots WHERE slot_name = '${SLOT}'`,
  );
  const told = parseLsn(row?.lsn ?? '') ?? 0n;
  const objects = [];
  for await (const object of vault.list(walFolder(vault.prefix, row?.id ?? ''))) objects.push(object);
  const holdings = holdingsOf(vault.prefix, row?.id ?? '', objects, SEGMENT_SIZE);
  const first = holdings.objects[0];
  if (first === undefined) return 0n;
  const [stretch, ...later] = coverage(holdings, ancestry(1, new Map()), from ?? first.number * BigInt(SEGMENT_SIZE));
  expect(later).toEqual([]);
  expect(stretch.to >= told, `the slot is at ${told}, the bucket ends at ${stretch.to}`).toBe(true);
  return stretch.to;
}

async function timeOf({ ended }: WalProcess): Promise<number> {
  const startedAt = performance.now();
  const { exitCode, said } = await ended;
  expect({ exitCode, said }).toMatchObject({ exitCode: 0 });
  return performance.now() - startedAt;
}

/** Numbers from 0 to 1 that are the same for the same seed. @see https://en.wikipedia.org/wiki/Lehmer_random_number_generator */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
