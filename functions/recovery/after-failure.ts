import { splitHint, textOf } from '../../layers/backup/errors.ts';
import { saysLacking } from '../../layers/postgres/complaints/lacking.ts';
import { saysShortage } from '../../layers/postgres/complaints/shortage.ts';
import { RecoveryEnded } from '../../layers/postgres/places/recovery-ended.ts';
import type { WalFeed } from '../../layers/recovery/wal-feed.ts';
import type { StoredBase } from '../../layers/wal/stored-base.ts';
import { type Finding, fromDamage, readable, unrestorable } from './finding.ts';

/**
 * What it says about a base backup that the scratch server did not come to the end of the WAL.
 *
 * @throws why no WAL could be fetched, or the error itself, if it says nothing about the base backup
 */
export function afterFailure(
  error: unknown,
  feed: Pick<WalFeed, 'failure' | 'damage'>,
  start: StoredBase,
  segmentSizeBytes: number,
): Finding {
  const failure = feed.failure();
  if (failure !== undefined && saysShortage(textOf(failure))) return ranShort(failure);
  if (failure !== undefined) throw failure;
  if (!(error instanceof RecoveryEnded)) throw error;
  const damage = feed.damage();
  if (damage !== undefined) return fromDamage(damage, start, segmentSizeBytes);
  if (saysShortage(error.problem)) return ranShort(error);
  if (saysLacking(error.problem) || HAS_NO_LOGIN.test(error.problem))
    return readable([`Not possible on the scratch server: ${error.problem}.`]);
  return unrestorable([`PostgreSQL did not recover: ${splitHint(error.problem).problem}.`]);
}

function ranShort(error: unknown): Finding {
  return readable([`The recovery ran out of disk or memory: ${splitHint(textOf(error)).problem}.`]);
}

/** The cluster came back, and nobody can log in to look at it: see recovering-server.ts. */
const HAS_NO_LOGIN = /^none of the roles /;
