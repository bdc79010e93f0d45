import { ConfigError, DumpError, type PgvouchError, VaultError } from '../backup/errors.ts';
import { sqlStateOf } from '../postgres/replication/replication-error.ts';
import type { SystemIdentity } from '../postgres/replication/walsender.ts';
import { formatLsn } from '../wal/lsn.ts';
import type { ServerState } from './ask-server.ts';

const OPERATION = 'archive WAL of';
/** A slot keeps no WAL from before it was made. */
const NEW_SLOT =
  'make a new one with `pgvouch slot drop` and `pgvouch slot create`, and take a base backup then: recovery cannot pass the WAL that is missing between';

/** Why there is no WAL to have by a slot: the server does not hold it. */
export function slotGone({ slot, slotState }: Pick<ServerState, 'slot' | 'slotState'>): PgvouchError {
  return slotState === 'lost' ? slotLost(slot) : noSlot(slot);
}

function noSlot(slot: string): ConfigError {
  return new ConfigError({
    operation: OPERATION,
    subject: `slot ${slot}`,
    problem: 'the server has no replication slot of this name',
    hint: 'a person makes it: `pgvouch slot create`. If there was one, WAL is missing since: take a base backup then. Is it another server, or one that was promoted or restored? They do not have the slots of the one before',
  });
}

function slotLost(slot: string): DumpError {
  return new DumpError({
    operation: OPERATION,
    subject: `slot ${slot}`,
    problem:
      'the server keeps no WAL for it any more: it held back more than max_slot_wal_keep_size allows, or was invalidated',
    hint: NEW_SLOT,
  });
}

export function serverBehindBucket(
  { flushedTo, timeline }: SystemIdentity,
  tip: { readonly lsn: bigint },
): ConfigError {
  return new ConfigError({
    operation: OPERATION,
    subject: `timeline ${timeline}`,
    problem: `SERVER_BEHIND_BUCKET: the bucket holds WAL up to ${formatLsn(tip.lsn)}, but the server has come to ${formatLsn(flushedTo)} only`,
    hint: 'it was restored from an older copy without recovery, or lost what it had written, or it is a standby that lags. WAL of two lines of history must not mix: wait if it is a standby; otherwise give this server a new BACKUP_PREFIX and take a base backup',
  });
}

export function badHistory(timeline: number): DumpError {
  return new DumpError({
    operation: OPERATION,
    subject: `timeline ${timeline}`,
    problem: "the server's history file of this timeline cannot be read",
    hint: `look at 0…${timeline}.history in its pg_wal: PostgreSQL itself needs it for any recovery`,
  });
}

export function otherSegmentSize(key: string, stored: number, now: number): VaultError {
  return new VaultError({
    operation: OPERATION,
    subject: key,
    problem: `it says that segments have ${stored} bytes, but the server's have ${now}`,
    hint: 'pg_resetwal has changed them: give this server a new BACKUP_PREFIX and take a base backup',
  });
}

/** Whether another run, or another program, is streaming from the slot. */
export function isSlotBusy(error: unknown): boolean {
  return sqlStateOf(error) === '55006';
}

/** What the server refused a stream with, where it means more than its words say. */
export function explainRefusal(error: unknown, slot: string, from: bigint): unknown {
  switch (sqlStateOf(error)) {
    case '42704':
      return noSlot(slot);
    case '55000':
      return slotLost(slot);
    case '58P01':
      return removed(error as PgvouchError, from);
    default:
      return error;
  }
}

function removed({ problem, cause }: PgvouchError, from: bigint): DumpError {
  return new DumpError({
    operation: OPERATION,
    subject: `the server from ${formatLsn(from)} on`,
    problem,
    hint: `the server has removed WAL that the bucket does not hold yet. ${NEW_SLOT}; set max_slot_wal_keep_size larger, or run wal more often`,
    cause,
  });
}
