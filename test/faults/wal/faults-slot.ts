import { expect } from 'vitest';
import { formatLsn, parseLsn } from '../../../layers/wal/lsn.ts';
import { SLOT, slotLsn, switchWal } from '../../support/world/wal-world.ts';
import { type Strike, type Struck, strikeDuring, type WalFault } from './fault.ts';
import { reachOf, readStored, write } from './wal-invariants.ts';
import { WAL_KEPT } from './wal-place.ts';

const SEGMENT_SIZE = 16n * 1024n ** 2n;

/**
 * Slots that are lost while a run is at work. Every run then says so, until a person makes a new one; what is missing then is
 * what the new slot does not reach back to, and the run that takes it up names it.
 */
export const SLOT_LOST = {
  'slot dropped': (strike) => losing(strike, /the server has no replication slot of this name/, dropSlot),
  'slot invalidated': (strike) => losing(strike, /the server keeps no WAL for it any more/, invalidateSlot),
} as const satisfies Record<string, WalFault>;

async function losing(strike: Strike, sentence: RegExp, lose: (strike: Strike) => Promise<void>): Promise<Struck> {
  const { place, known, random } = strike;
  const { server } = place.writer;
  const { said, struck } = await strikeDuring(strike, () => lose(strike));
  const { exitCode, said: refused } = await place.start().ended;
  expect(exitCode).not.toBe(0);
  expect(refused).toMatch(sentence);
  // Long enough for WAL to be lost, or not.
  if (random() < 0.5) for (const _ of [1, 2]) await switchWal(server);
  await server.sql('postgres', 'CHECKPOINT');
  const stored = await readStored(place);
  const reached = stored ? reachOf(stored, known.from).to : known.from;
  await server.sql('postgres', `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots`);
  await server.sql('postgres', `SELECT pg_create_physical_replication_slot('${SLOT}', true)`);
  const restart = parseLsn(await slotLsn(server)) ?? 0n;
  const from = restart - (restart % SEGMENT_SIZE);
  const lost = from > reached ? { from: reached, to: from } : undefined;
  if (lost) known.gaps.push(lost);
  await write(server, 1);
  const answer = await place.archive();
  expect(answer.gap).toEqual(lost && { from: formatLsn(lost.from), to: formatLsn(lost.to) });
  await place.takeBase();
  return { struck, said: [...said, refused] };
}

/** A slot that a run has is in use: the run is ended first. */
async function dropSlot({ place }: Strike): Promise<void> {
  await place.writer.server.sql(
    'postgres',
    `DO $$ BEGIN
       LOOP
         PERFORM pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = '${SLOT}' AND active;
         BEGIN
           PERFORM pg_drop_replication_slot('${SLOT}');
           EXIT;
         EXCEPTION WHEN object_in_use THEN
           PERFORM pg_sleep(0.01);
         END;
       END LOOP;
     END $$`,
  );
}

/** The server drops what the slot holds back, and ends the run that reads there. */
async function invalidateSlot({ place }: Strike): Promise<void> {
  const { server, receiver } = place.writer;
  const keep = async (slots: string, all: string) => {
    await server.sql('postgres', `ALTER SYSTEM SET max_slot_wal_keep_size = '${slots}'`);
    await server.sql('postgres', `ALTER SYSTEM SET wal_keep_size = '${all}'`);
    await server.sql('postgres', 'SELECT pg_reload_conf()');
  };
  for (let isHeld = true; isHeld; ) {
    for (const _ of [1, 2, 3]) await switchWal(server);
    // The copy beside must have it before it goes.
    await receiver.caughtUp();
    await keep('1MB', '0');
    await server.sql('postgres', 'CHECKPOINT');
    await keep('-1', WAL_KEPT);
    const [slot] = await server.sql<{ status: string }>(
      'postgres',
      `SELECT wal_status AS status FROM pg_replication_slots WHERE slot_name = '${SLOT}'`,
    );
    isHeld = slot?.status !== 'lost';
  }
}
