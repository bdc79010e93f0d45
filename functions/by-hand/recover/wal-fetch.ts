import { rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { VaultError } from '../../../layers/backup/errors.ts';
import { mapBounded } from '../../../layers/backup/map-bounded.ts';
import { freeBytes } from '../../../layers/postgres/places/free-space.ts';
import { readWalObject } from '../../../layers/recovery/wal-bytes.ts';
import type { Vault } from '../../../layers/vault/vault.ts';
import { type Holdings, holdingsOf, isWhole, type WalObject } from '../../../layers/wal/holdings.ts';
import { historyKey, walFolder } from '../../../layers/wal/keys.ts';
import { parseLsn } from '../../../layers/wal/lsn.ts';
import { hex8, parseSegmentName, type Segment, segmentName, segmentStart } from '../../../layers/wal/segments.ts';
import { AHEAD_FOLDER, type Recovery } from './recovery-files.ts';

export interface FetchRequest {
  readonly vault: Vault;
  readonly recovery: Recovery;
  /** The recovery folder, where segments are put that will be wanted next. */
  readonly folder: string;
  /** As PostgreSQL asks: `000000010000000000000003`, `00000002.history`. */
  readonly file: string;
  /** Where it is to be. */
  readonly target: string;
  readonly signal: AbortSignal;
}

/** Of segments fetched ahead: starting a program for each would take longer than replaying it. */
const AHEAD_BYTES = 256 * 1024 * 1024;
const AT_ONCE = 4;

/**
 * Fetches a file for PostgreSQL's `restore_command`, and segments that come after it. The beginning of a segment is filled
 * up with zeros, as in a segment that PostgreSQL itself is writing.
 *
 * @returns false if there is none, so that recovery may end with what it has
 * @throws {@link VaultError} if the store fails, an object is damaged, or the WAL goes on behind a gap: recovery would end
 * early and say nothing
 */
export async function fetchWal(request: FetchRequest): Promise<boolean> {
  const { vault, recovery, file, target, signal } = request;
  const { systemIdentifier, segmentSizeBytes } = recovery;
  const history = /^([0-9A-F]{8})\.history$/.exec(file)?.[1];
  if (history !== undefined) {
    const text = await vault.getText(historyKey(vault.prefix, systemIdentifier, Number.parseInt(history, 16)), signal);
    if (text !== undefined) await writeFile(target, text, { mode: 0o600 });
    return text !== undefined;
  }
  const segment = parseSegmentName(file, segmentSizeBytes);
  if (segment === undefined) return false;
  const ahead = Math.max(1, Math.floor(AHEAD_BYTES / segmentSizeBytes));
  const holdings = await look(request, segment, BigInt(ahead));
  const found = holdings.longest(segment.timeline, segment.number);
  if (found === undefined || !isWhole(found)) checkEnd(request, holdings, segment, found);
  if (found === undefined) return false;
  await writeFile(target, await contentOf(request, found), { mode: 0o600 });
  await fetchAhead(request, holdings, segment, ahead);
  return true;
}

/** What there is of the segment, and after it on the same timeline. */
async function look(
  { vault, recovery, file, signal }: FetchRequest,
  segment: Segment,
  ahead: bigint,
): Promise<Holdings> {
  const { systemIdentifier, segmentSizeBytes } = recovery;
  const folder = walFolder(vault.prefix, systemIdentifier);
  const last = segmentName(segment.timeline, segment.number + ahead, segmentSizeBytes);
  const listed = [];
  // A key of the segment itself sorts after its name.
  const pages = vault.listPages(`${folder}${hex8(segment.timeline)}`, { after: `${folder}${file}`, signal });
  for await (const page of pages) {
    listed.push(...page);
    if ((page.at(-1)?.key ?? '') > `${folder}${last}`) break;
  }
  return holdingsOf(vault.prefix, systemIdentifier, listed, segmentSizeBytes);
}

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

function contentOf({ vault, recovery, signal }: FetchRequest, object: WalObject): Promise<Buffer> {
  return readWalObject(vault, object, recovery.segmentSizeBytes, signal);
}

/** Whatever fails here is fetched, and fails, when PostgreSQL asks for it. */
async function fetchAhead(request: FetchRequest, holdings: Holdings, segment: Segment, ahead: number): Promise<void> {
  const { recovery, signal } = request;
  const folder = path.join(request.folder, AHEAD_FOLDER);
  try {
    if (freeBytes(folder) < 4 * AHEAD_BYTES) return;
    const objects: WalObject[] = [];
    for (let number = segment.number + 1n; objects.length < ahead; number++) {
      const object = holdings.longest(segment.timeline, number);
      if (object === undefined || !isWhole(object)) break;
      objects.push(object);
    }
    await mapBounded(objects, AT_ONCE, async (object) => {
      signal.throwIfAborted();
      const file = path.join(folder, segmentName(object.timeline, object.number, recovery.segmentSizeBytes));
      const content = await contentOf(request, object);
      await writeFile(`${file}.part`, content, { mode: 0o600 });
      await rename(`${file}.part`, file).catch(() => rm(`${file}.part`, { force: true }));
    });
  } catch {
    // The disk may be short, or the store busy.
  }
}
