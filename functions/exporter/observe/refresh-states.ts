import type { Logger } from 'pino';
import { refreshKey } from '../../../layers/backup/keys.ts';
import { mapBounded } from '../../../layers/backup/map-bounded.ts';
import { parseRefreshRecord, type RefreshRecord } from '../../../layers/backup/refresh-record.ts';
import { nextFiring, type Schedule } from '../../../layers/schedule/expression.ts';
import { overdueAt } from '../../../layers/schedule/overdue.ts';
import type { Vault } from '../../../layers/vault/vault.ts';

/** A refresh that is configured. */
export interface ShownRefresh {
  readonly name: string;
  /** The database whose backups are used. */
  readonly from: string;
  /** The one that is replaced. */
  readonly database: string;
  /** Undefined if only people start it. */
  readonly schedule: Schedule | undefined;
}

export interface RefreshState extends Omit<ShownRefresh, 'schedule'> {
  /** Null if it never ran, undefined if its record could not be read. */
  readonly record: RefreshRecord | null | undefined;
  /** Undefined if it has no schedule, or never ended well. */
  readonly overdueAt: Date | undefined;
  readonly nextAt: Date | undefined;
}

const CONCURRENCY = 4;

/** Reads how each refresh went. A record that cannot be understood counts as unknown, and the log names it. */
export function readRefreshStates(
  { vault, log, now }: { readonly vault: Vault; readonly log: Logger; readonly now: Date },
  refreshes: readonly ShownRefresh[],
  { signal, miss }: { readonly signal: AbortSignal; readonly miss: (error: unknown) => void },
): Promise<RefreshState[]> {
  return mapBounded(refreshes, CONCURRENCY, async ({ schedule, ...shown }) => {
    const record = await readRecord(vault, log, shown.name, signal).catch(miss);
    const succeededAt = record?.succeededAt;
    return {
      ...shown,
      record: record ?? (record === null ? null : undefined),
      overdueAt: schedule && succeededAt !== undefined ? overdueAt([schedule], new Date(succeededAt)) : undefined,
      nextAt: schedule && nextFiring(schedule, now),
    };
  });
}

async function readRecord(
  vault: Vault,
  log: Logger,
  name: string,
  signal: AbortSignal,
): Promise<RefreshRecord | null | undefined> {
  const key = refreshKey(vault.prefix, name);
  const text = await vault.getText(key, signal);
  if (text === undefined) return null;
  try {
    return parseRefreshRecord(text, key);
  } catch (error) {
    log.warn({ err: error, key }, 'a document cannot be read');
    return undefined;
  }
}
