import { expect } from 'vitest';
import { parseLsn } from '../../../layers/wal/lsn.ts';
import { PASSWORD } from '../../support/servers/postgres.ts';
import { slotLsn } from '../../support/world/wal-world.ts';
import type { Strike, Times, WalFault } from './fault.ts';
import { BASE_KILLED, BUCKET_BROKEN, FROZEN, KILLED } from './faults-killed.ts';
import { PROMOTION } from './faults-promotion.ts';
import { SLOT_LOST } from './faults-slot.ts';
import {
  copyNow,
  expectGapsNamed,
  expectHeardIsStored,
  expectRecovery,
  type Known,
  LEDGER,
  readStored,
  recoverable,
  write,
} from './wal-invariants.ts';
import { makeWalPlace, type WalPlace } from './wal-place.ts';

/** How often each kind comes, of 100. */
const LONG: Readonly<Record<string, { readonly fault: WalFault; readonly share: number }>> = {
  ...shared(KILLED, {
    'wal killed': 26,
    'wal killed beside another': 10,
    'walsender ended': 7,
    'server killed': 9,
    'server restarted': 6,
  }),
  ...shared(BASE_KILLED, { 'base killed': 6, 'server killed under base': 2 }),
  ...shared(BUCKET_BROKEN, {
    ...{
      'bucket killed': 4,
      'bucket restarted': 3,
      'connections to the bucket cut': 7,
      'answer of the bucket lost': 4,
    },
  }),
  'run frozen': { fault: FROZEN, share: 5 },
  ...shared(SLOT_LOST, { 'slot dropped': 2, 'slot invalidated': 2 }),
  ...shared(PROMOTION, {
    ...{
      'promotion between runs': 2,
      'promotion under a run at the primary': 3,
      'promotion under a run at the standby': 2,
    },
  }),
};
const SHORT = ['wal killed', 'wal killed beside another', 'walsender ended', 'server killed'];

export interface WalCampaignOptions {
  /** So many that met a run at work. */
  readonly faults: number;
  readonly random: () => number;
  /** The long form has a bucket server of its own, base backups, standbys, and recovers; the short one breaks runs off. */
  readonly form: 'short' | 'long';
  readonly onFault?: (what: string) => void;
}

export interface WalFigures {
  /** What was done how often, and met a run that was at work. */
  readonly faults: Readonly<Record<string, number>>;
  /** Faults that came too early or too late to meet one. */
  readonly missed: number;
  /** Objects in the bucket that are, byte for byte, what pg_receivewal has. */
  readonly objects: number;
  readonly timeline: number;
  /** Stretches of WAL that went with a lost slot; each was named. */
  readonly gaps: number;
  readonly copies: number;
  readonly recovered: number;
}

/** Recoveries at the end. */
const RECOVERIES = 12;
const FAULTS_A_BASE = 20;

/**
 * Breaks runs off, one after another, while the server writes; looks after each whether the server has heard of anything
 * that is not in the bucket, and whether anything is missing; in the end compares every byte, and recovers.
 */
export async function walCampaign({ faults, random, form, onFault }: WalCampaignOptions): Promise<WalFigures> {
  const isLong = form === 'long';
  const place = await makeWalPlace(isLong);
  try {
    await place.writer.server.sql('postgres', LEDGER);
    const from = parseLsn(await slotLsn(place.writer.server)) ?? 0n;
    const known: Known = { from, gaps: [], copies: [] };
    const times = await measure(place, isLong);
    const done: Record<string, number> = {};
    let missed = 0;
    for (let count = 0; count < faults; ) {
      const what = chosen(isLong, random, done);
      await write(place.writer.server, Math.floor(random() * 6));
      const struck = await strike(what, { place, known, random, times });
      count += struck;
      missed += 1 - struck;
      done[what] = (done[what] ?? 0) + struck;
      onFault?.(`${count} ${what}${struck ? '' : ': no run was at work'}`);
      if (!isLong) continue;
      known.copies.push(await copyNow(place.writer.server));
      if (count % FAULTS_A_BASE === 0 && struck) {
        await place.takeBase();
        await compare(place);
      }
    }
    await write(place.writer.server, 1);
    const last = await place.archive();
    const tip = await expectHeardIsStored(place, known);
    const reached = `SELECT FROM pg_replication_slots WHERE restart_lsn >= pg_current_wal_flush_lsn() - 100000::numeric`;
    expect((await place.writer.server.sql('postgres', reached)).length).toBe(1);
    expect(tip).toBeGreaterThan(from);
    await compare(place);
    const figures = { faults: done, missed, objects: place.received.compared(), timeline: last.timeline };
    const recovered = isLong ? await recover(place, known, random) : 0;
    return { ...figures, gaps: known.gaps.length, copies: known.copies.length, recovered };
  } finally {
    await place.end();
  }
}

/** Each kind once, and then by chance. */
function chosen(isLong: boolean, random: () => number, done: Readonly<Record<string, number>>): string {
  const kinds = Object.entries(LONG).filter(([name]) => isLong || SHORT.includes(name));
  const fresh = kinds.filter(([name]) => !done[name]);
  if (fresh.length > 0) return fresh[Math.floor(random() * fresh.length)]?.[0] ?? '';
  const lots = kinds.flatMap(([name, { share }]) => Array<string>(share).fill(name));
  return lots[Math.floor(random() * lots.length)] ?? 'wal killed';
}

/** @returns 1 if it met a run */
async function strike(what: string, about: Strike): Promise<number> {
  const { place, known } = about;
  const { struck, said } = (await LONG[what]?.fault(about)) ?? expect.unreachable(what);
  await place.bucket?.calm();
  await place.writer.server.revive();
  for (const words of said) expect(words).not.toContain(PASSWORD.slice(0, 6));
  await expectHeardIsStored(place, known);
  return Number(struck);
}

async function measure(place: WalPlace, isLong: boolean): Promise<Times> {
  const startedAt = performance.now();
  const sinceStart = () => performance.now() - startedAt;
  const run = place.start();
  await run.loaded;
  const loadMs = sinceStart();
  const { exitCode, said } = await run.ended;
  expect({ exitCode, said }).toMatchObject({ exitCode: 0 });
  const walMs = sinceStart();
  const bucketBytes = place.bucket?.line.passedBytes ?? 0;
  if (isLong) await place.takeBase();
  const workMs = { wal: walMs - loadMs, base: Math.max(50, sinceStart() - walMs - loadMs) };
  return { bucketBytes, loadMs, workMs };
}

async function compare(place: WalPlace): Promise<void> {
  await place.writer.receiver.caughtUp();
  const stored = (await readStored(place)) ?? expect.unreachable('nothing is stored');
  await place.received.expectSame(place.vault, stored.holdings.objects);
}

async function recover(place: WalPlace, known: Known, random: () => number): Promise<number> {
  const stored = (await readStored(place)) ?? expect.unreachable('nothing is stored');
  expectGapsNamed(stored, known);
  const copies = recoverable(stored, known);
  for (let count = 0; count < RECOVERIES; count++) {
    const copy = copies[Math.floor(random() * copies.length)] ?? expect.unreachable('no copy can be recovered');
    await expectRecovery(place, copy);
  }
  return RECOVERIES;
}

function shared<T extends string>(faults: Readonly<Record<T, WalFault>>, shares: Readonly<Record<T, number>>) {
  return Object.fromEntries(
    (Object.keys(faults) as T[]).map((name) => [name, { fault: faults[name], share: shares[name] }]),
  );
}
