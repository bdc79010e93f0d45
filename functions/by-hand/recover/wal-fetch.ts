import { VaultError } from '../../../layers/backup/errors.ts';
import { writeWhole } from '../../../layers/recovery/write-whole.ts';
import { type Holdings, isWhole, type WalObject } from '../../../layers/wal/holdings.ts';
import { historyKey, walFolder } from '../../../layers/wal/keys.ts';
import { parseLsn } from '../../../layers/wal/lsn.ts';
import { parseSegmentName, type Segment, segmentName, segmentStart } from '../../../layers/wal/segments.ts';
import { nameFetcher, openAheadFolder, serverRun } from './ahead-folder.ts';
import { contentOf, look, type WalSource, wholeAfter } from './wal-look.ts';

export interface FetchRequest extends WalSource {
  /** The recovery folder. */
  readonly folder: string;
  /** As PostgreSQL asks: `000000010000000000000003`, `00000002.history`. */
  readonly file: string;
  /** Where it is to be. */
  readonly target: string;
  /** Starts a process that fetches ahead what comes after the file. @returns its pid */
  readonly startAhead: () => number | undefined;
}

/**
 * Fetches a file for PostgreSQL's `restore_command`, and has those that come after it fetched ahead. The beginning of a segment
 * is filled up with zeros, as in a segment that PostgreSQL itself is writing.
 *
 * @returns false if there is none, so that recovery may end with what it has
 * @throws {@link ConfigError} if the disk is full; {@link VaultError} if the store fails, an object is damaged, or the WAL goes on behind a gap: recovery would end
 * early and say nothing
 */
export async function fetchWal(request: FetchRequest): Promise<boolean> {
  const { vault, recovery, file, target, signal } = request;
  const { systemIdentifier, segmentSizeBytes } = recovery;
  const history = /^([0-9A-F]{8})\.history$/.exec(file)?.[1];
  if (history !== undefined) {
    const text = await vault.getText(historyKey(vault.prefix, systemIdentifier, Number.parseInt(history, 16)), signal);
    if (text !== undefined) await writeWhole(target, text, HOW);
    return text !== undefined;
  }
  const segment = parseSegmentName(file, segmentSizeBytes);
  if (segment === undefined) return false;
  const holdings = await look(request, segment, 1);
  const found = holdings.longest(segment.timeline, segment.number);
  if (found === undefined || !isWhole(found)) checkEnd(request, holdings, segment, found);
  if (found === undefined) return false;
  if (isWhole(found)) letFetchAhead(request, wholeAfter(holdings, segment)[0]);
  await writeWhole(target, await contentOf(request, found), HOW);
  return true;
}

const HOW = {
  mode: 0o600,
  hint: 'make room there, and start PostgreSQL again: recovery goes on where it was',
};

/** @throws {@link VaultError} if the WAL goes on, and the plan did not know that it ends here */
function checkEnd(
  { vault, recovery, file }: FetchRequest,
  holdings: Holdings,
  segment: Segment,
  found?: WalObject,
): void {
  const next = holdings.numbers(segment.timeline).find((number) => number > segment.number);
  if (next === undefined) return;
  const endsAt = found?.endsAt ?? segmentStart(segment.number, recovery.segmentSizeBytes);
  if (endsAt === parseLsn(recovery.endsAt)) return;
  const { timeline } = segment;
  throw new VaultError({
    operation: 'fetch WAL',
    subject: `${vault.bucket}/${walFolder(vault.prefix, recovery.systemIdentifier)}${file}`,
    problem: `${found ? 'only its beginning is stored' : 'it is not stored'}, but ${segmentName(timeline, next, recovery.segmentSizeBytes)} is: the WAL has a gap`,
    hint: 'recover to a moment before the gap, or begin with a base backup after it',
  });
}

/** Whoever was to do that did not have this file: another one takes over. Without any, PostgreSQL only waits for longer. */
function letFetchAhead({ folder, recovery, startAhead }: FetchRequest, next: WalObject | undefined): void {
  const run = serverRun(folder);
  if (run === undefined || next === undefined) return;
  try {
    const place = openAheadFolder(folder, run, process.pid);
    const pid = place.hasRoom() ? startAhead() : undefined;
    if (pid === undefined) return;
    nameFetcher(folder, pid);
    place.announce(segmentName(next.timeline, next.number, recovery.segmentSizeBytes));
  } catch {
    // The disk may be full.
  }
}
