import { ConfigError, PolicyError } from '../../../layers/backup/errors.ts';
import type { ConnectionTarget } from '../../../layers/postgres/connect/target.ts';
import { openWalsender, type Walsender } from '../../../layers/postgres/replication/walsender.ts';
import { formatLsn } from '../../../layers/wal/lsn.ts';

/** What a slot keeps on the server's disk. */
export interface SlotState {
  readonly slot: string;
  readonly systemIdentifier: string;
  readonly timeline: number;
  /** From here on WAL is kept; undefined if the slot is lost. */
  readonly from: string | undefined;
  readonly to: string;
  readonly retainedBytes: number | undefined;
  /** The most that the server lets slots keep, as it writes it; `-1` is no limit. */
  readonly limit: string;
}

/** @throws {@link ConfigError} if there is no such slot */
export function showSlot(target: ConnectionTarget, slot: string): Promise<SlotState> {
  return withServer(target, (server) => stateOf(server, slot));
}

/**
 * Makes the slot. Without a limit on the server, a slot that nobody empties fills the server's disk, and the server stops.
 *
 * @param withoutLimit - a person takes that upon themselves
 * @throws {@link PolicyError} if the server has no limit, {@link ConfigError} if the slot is there already
 */
export function createSlot(target: ConnectionTarget, slot: string, withoutLimit: boolean): Promise<SlotState> {
  return withServer(target, async (server) => {
    if ((await server.readSlot(slot)) !== undefined) throw thereAlready(slot);
    if ((await server.show('max_slot_wal_keep_size')) === '-1' && !withoutLimit) throw noLimit(slot);
    await server.createSlot(slot);
    return stateOf(server, slot);
  });
}

/**
 * Drops the slot: the server keeps no WAL for it any more.
 *
 * @returns what it kept
 * @throws {@link ConfigError} if there is no such slot, {@link DumpError} if it is in use
 */
export function dropSlot(target: ConnectionTarget, slot: string): Promise<SlotState> {
  return withServer(target, async (server) => {
    const state = await stateOf(server, slot);
    await server.dropSlot(slot);
    return state;
  });
}

async function withServer<T>(target: ConnectionTarget, work: (server: Walsender) => Promise<T>): Promise<T> {
  const server = await openWalsender(target, 'pgvouch slot');
  try {
    return await work(server);
  } finally {
    await server.end();
  }
}

async function stateOf(server: Walsender, slot: string): Promise<SlotState> {
  const kept = await server.readSlot(slot);
  if (kept === undefined) throw noSuchSlot(slot);
  const { systemIdentifier, timeline, flushedTo } = await server.identify();
  const { restartLsn } = kept;
  return {
    ...{
      slot,
      systemIdentifier,
      timeline,
      to: formatLsn(flushedTo),
      limit: await server.show('max_slot_wal_keep_size'),
    },
    from: restartLsn === undefined ? undefined : formatLsn(restartLsn),
    retainedBytes: restartLsn === undefined ? undefined : Number(flushedTo - restartLsn),
  };
}

function thereAlready(slot: string): ConfigError {
  return new ConfigError({
    operation: 'create slot',
    subject: slot,
    problem: 'the server has a slot of this name already',
    hint: 'look at it with `pgvouch slot show`; if it is not one of pgvouch, set PITR_SLOT to another name',
  });
}

function noSuchSlot(slot: string): ConfigError {
  return new ConfigError({
    operation: 'find slot',
    subject: slot,
    problem: 'the server has no physical replication slot of this name',
    hint: 'make it with `pgvouch slot create`, or set PITR_SLOT to its name',
  });
}

function noLimit(slot: string): PolicyError {
  return new PolicyError({
    operation: 'create slot',
    subject: slot,
    problem:
      'the server has max_slot_wal_keep_size = -1, which is no limit: if WAL is not archived for a while, the slot fills its disk, and the server stops',
    hint: "set it to what the disk has to spare, as in ALTER SYSTEM SET max_slot_wal_keep_size = '20GB'; SELECT pg_reload_conf(). With --without-limit the slot is made all the same",
  });
}
