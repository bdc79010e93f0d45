import { type BackupReading, findCorruption } from '../../layers/backup/corruption.ts';
import { splitHint, textOf } from '../../layers/backup/errors.ts';
import { type BackupName, drillKey, isSealedKey } from '../../layers/backup/keys.ts';
import type { Manifest } from '../../layers/backup/manifest.ts';
import type { Verdict } from '../../layers/backup/verdict.ts';
import { isTimeUp } from '../../layers/deadline/deadline.ts';
import { networkRemark } from '../../layers/postgres/places/no-network.ts';
import { writePositions } from '../../layers/postgres/programs/archive-positions.ts';
import { type ClientPrograms, fittingClient } from '../../layers/postgres/programs/client-programs.ts';
import { openingVault } from '../../layers/seal/opening-vault.ts';
import type { Vault } from '../../layers/vault/vault.ts';
import { begin, readBegun } from './begun.ts';
import type { VerifyDeps, VerifyTime } from './deps.ts';
import { drill } from './drill.ts';
import type { DrillRequest } from './drill-request.ts';
import { type DrillResult, readable } from './drill-result.ts';
import { findMisplaced } from './misplaced.ts';
import { beginToOpen, type Opening } from './opening.ts';
import { type GoesOn, goneError, goOn, openPieces } from './piece-work.ts';
import { readBackup } from './read-backup.ts';
import { noVerdict } from './restore-attempt.ts';
import { type DrillRoom, findDrillRoom } from './scratch.ts';

/**
 * Finds out what one backup is worth: its bytes are read and decoded, once, and compared with the manifest; if they are
 * right, they are restored and compared.
 *
 * @returns undefined if the drill goes on in the next run
 * @throws {@link VaultError} if the bucket failed, {@link ConfigError} if pg_restore could not run: no verdict then
 */
export async function findVerdict(
  deps: VerifyDeps,
  name: BackupName,
  manifest: Manifest,
  time: VerifyTime,
): Promise<Verdict | undefined> {
  const { vault, clock } = deps;
  const startedAt = clock();
  const client = fittingClient(await deps.clientPrograms(), manifest.client.major);
  const misplaced = findMisplaced(vault, name, manifest);
  const { reading, result, ...by } =
    misplaced.length > 0
      ? { reading: NOTHING, client: client.version, result: corrupt(misplaced) }
      : await readAndDrill(deps, client, name, manifest, { ...time, startedAt });
  if (result === undefined) return undefined;
  const verifiedAt = clock();
  return {
    format: 'pgvouch/verdict',
    formatVersion: 1,
    verdict: result.verdict,
    // What it lacks comes back from no restore: the proof is of the rest. What is sealed is not said again.
    reasons: [...result.reasons, ...(isSealedKey(manifest.archive.key) ? [] : remarksOf(manifest))],
    verifiedAt: verifiedAt.toISOString(),
    durationMs: Math.max(0, verifiedAt.getTime() - startedAt.getTime()),
    archiveKey: manifest.archive.key,
    sizeBytes: reading.archive?.sizeBytes ?? 0,
    sha256: reading.archive?.sha256 ?? '',
    client: by.client,
    ...(result.drill && { drill: result.drill }),
  };
}

function remarksOf({ remarks = [] }: Manifest): string[] {
  return remarks.map(({ text }) => text);
}

type Result =
  | DrillResult
  | { readonly verdict: 'corrupt'; readonly reasons: readonly string[]; readonly drill?: undefined };

const NOTHING: BackupReading = { archive: undefined, globals: undefined };

async function readAndDrill(
  all: VerifyDeps,
  client: ClientPrograms,
  name: BackupName,
  manifest: Manifest,
  time: VerifyTime & { readonly startedAt: Date },
): Promise<{ reading: BackupReading; client: string; result: Result | undefined }> {
  const deps = all.identities ? { ...all, vault: openingVault(all.vault, all.identities) } : all;
  const { vault, drillPlace, clock } = deps;
  const { signal } = time;
  const begun = time.underWay ? await readBegun(deps, name, manifest, signal) : undefined;
  const inPieces = begun !== undefined;
  const room = drillPlace ? await findDrillRoom(drillPlace, manifest, clock, inPieces) : 'No restore was tried.';
  const found = typeof room === 'string' ? undefined : room;
  const opening = found && beginToOpen(found, signal);
  try {
    const { sql, archive, file, ...read } = await readBackup(all, client, manifest, {
      ...{ signal, skipArchive: inPieces, to: inPieces ? undefined : found?.archiveFile },
    });
    const reading = { ...read.reading, archive: begun?.archive ?? archive };
    const readBy = begun?.progress.client ?? client.version;
    const corruption = findCorruption(manifest, reading);
    if (corruption.length > 0) return { reading, client: readBy, result: corrupt(corruption) };
    if (opening === undefined) return { reading, client: readBy, result: readable(String(room)) };
    const layout = begun?.layout ?? archive?.layout;
    // The bytes are known to be right. With positions among them pg_restore begins with the largest table.
    if (file !== undefined && layout !== undefined) await writePositions(file, layout);
    const goesOn = layout && {
      layout,
      key: drillKey(vault.prefix, name),
      progress: (pieceBytes: number) =>
        begun?.progress ??
        begin(manifest, { ...manifest.archive, client: client.version }, layout, pieceBytes, clock()),
    };
    const toc = begun?.toc ?? archive?.toc ?? [];
    const request = { manifest, client, globals: sql, toc, file, ...time, clock };
    const result = await drillIn(deps, opening, request, { room: found?.pieces, goesOn });
    // What was right when an earlier run read it may have rotted since.
    if (begun === undefined || result?.verdict !== 'unrestorable') return { reading, client: readBy, result };
    const { reading: again } = await readBackup(all, client, manifest, { signal });
    const rotten = findCorruption(manifest, again);
    return { reading: again, client: client.version, result: rotten.length > 0 ? corrupt(rotten) : result };
  } finally {
    await opening?.close();
    found?.remove();
  }
}

/** Only now that the bytes are known to be right: a server that cannot be had must not keep a corrupt archive a secret. */
async function drillIn(
  { vault, clientPrograms, log }: VerifyDeps,
  opening: Opening,
  request: Omit<DrillRequest, 'bytes' | 'onLeftover' | 'pieces'>,
  inPieces: { readonly room: DrillRoom['pieces']; readonly goesOn: GoesOn | undefined },
): Promise<DrillResult | undefined> {
  const { manifest, signal } = request;
  const pieces = await openPieces(vault, manifest, inPieces);
  if (typeof pieces === 'string') return readable(pieces);
  const scratch = await opening.scratch().catch((error) => {
    if (signal.aborted && pieces && isTimeUp(signal)) return undefined;
    if (signal.aborted && !isTimeUp(signal)) throw signal.reason;
    // It had all the time that reading took: it was the server, as when a mirror does not answer, and not the backup.
    if (signal.aborted) throw noVerdict('time ran out before a scratch server was ready', error);
    throw noVerdict(`no scratch server is available: ${splitHint(textOf(error)).problem}`, error);
  });
  const { database } = manifest;
  if (scratch === undefined) return undefined;
  if (typeof scratch === 'string') {
    log.warn({ database }, scratch);
    return readable(scratch);
  }
  const remark = scratch.ephemeral ? networkRemark() : undefined;
  if (remark !== undefined) log.info({ database }, remark);
  // A newer server is restored into by its own pg_restore, if it is here.
  const clients = await clientPrograms();
  const isHere = clients.some(({ major }) => major >= scratch.major);
  const { goesOn } = inPieces;
  return drill(scratch, {
    ...request,
    ...(isHere && { client: fittingClient(clients, scratch.major) }),
    pieces,
    bytes: () => bytesAgain(vault, manifest, signal),
    onLeftover: (what: string) => log.warn({ database }, what),
    ...(goesOn && { goOnInPieces: () => goOn(vault, goesOn, manifest) }),
  });
}

function corrupt(reasons: readonly string[]): Result {
  return { verdict: 'corrupt', reasons };
}

async function bytesAgain(vault: Vault, { archive }: Manifest, signal: AbortSignal): Promise<AsyncIterable<Buffer>> {
  const bytes = await vault.getBytes(archive.key, signal);
  if (bytes) return bytes;
  throw goneError(archive.key);
}
