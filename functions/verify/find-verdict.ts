import { createHash } from 'node:crypto';
import { type BackupReading, findCorruption } from '../../layers/backup/corruption.ts';
import { splitHint, textOf } from '../../layers/backup/errors.ts';
import { formatFiredAt } from '../../layers/backup/instant.ts';
import { type BackupName, backupFolder, drillKey } from '../../layers/backup/keys.ts';
import type { Manifest } from '../../layers/backup/manifest.ts';
import { parseSharedGlobalsKey } from '../../layers/backup/shared-globals-key.ts';
import type { Verdict } from '../../layers/backup/verdict.ts';
import { isTimeUp } from '../../layers/deadline/deadline.ts';
import { networkRemark } from '../../layers/postgres/places/no-network.ts';
import { writePositions } from '../../layers/postgres/programs/archive-positions.ts';
import { type ClientPrograms, fittingClient } from '../../layers/postgres/programs/client-programs.ts';
import { readArchive } from '../../layers/postgres/programs/pg-restore.ts';
import type { Vault } from '../../layers/vault/vault.ts';
import { type Begun, begin, readBegun } from './begun.ts';
import type { VerifyDeps, VerifyTime } from './deps.ts';
import { drill } from './drill.ts';
import type { DrillRequest } from './drill-request.ts';
import { type DrillResult, readable } from './drill-result.ts';
import { beginToOpen, type Opening } from './opening.ts';
import { type GoesOn, goneError, goOn, openPieces } from './piece-work.ts';
import { noVerdict } from './restore-attempt.ts';
import { type DrillRoom, findDrillRoom, teeToFile } from './scratch.ts';

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
    // What it lacks comes back from no restore: the proof is of the rest.
    reasons: [...result.reasons, ...(manifest.remarks ?? []).map(({ text }) => text)],
    verifiedAt: verifiedAt.toISOString(),
    durationMs: Math.max(0, verifiedAt.getTime() - startedAt.getTime()),
    archiveKey: manifest.archive.key,
    sizeBytes: reading.archive?.sizeBytes ?? 0,
    sha256: reading.archive?.sha256 ?? '',
    client: by.client,
    ...(result.drill && { drill: result.drill }),
  };
}

type Result =
  | DrillResult
  | { readonly verdict: 'corrupt'; readonly reasons: readonly string[]; readonly drill?: undefined };

const NOTHING: BackupReading = { archive: undefined, globals: undefined };

async function readAndDrill(
  deps: VerifyDeps,
  client: ClientPrograms,
  name: BackupName,
  manifest: Manifest,
  time: VerifyTime & { readonly startedAt: Date },
): Promise<{ reading: BackupReading; client: string; result: Result | undefined }> {
  const { vault, drillPlace, clock } = deps;
  const { signal } = time;
  const begun = time.underWay ? await readBegun(deps, name, manifest, signal) : undefined;
  const inPieces = begun !== undefined;
  const room = drillPlace ? await findDrillRoom(drillPlace, manifest, clock, inPieces) : 'No restore was tried.';
  const found = typeof room === 'string' ? undefined : room;
  const opening = found && beginToOpen(found, signal);
  try {
    const { globals, archive, file } = await readBackup(deps, client, manifest, {
      signal,
      begun,
      to: found?.archiveFile,
    });
    const reading = {
      archive: begun?.archive ?? archive,
      globals: globals === undefined ? undefined : bytesOf(globals),
    };
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
    const request = { manifest, client, globals: globals ?? '', toc, file, ...time, clock };
    const result = await drillIn(deps, opening, request, { room: found?.pieces, goesOn });
    // What was right when an earlier run read it may have rotted since.
    if (begun === undefined || result?.verdict !== 'unrestorable') return { reading, client: readBy, result };
    const now = await readBackup(deps, client, manifest, { signal });
    const again = { archive: now.archive, globals: now.globals === undefined ? undefined : bytesOf(now.globals) };
    const rotten = findCorruption(manifest, again);
    return { reading: again, client: client.version, result: rotten.length > 0 ? corrupt(rotten) : result };
  } finally {
    await opening?.close();
    found?.remove();
  }
}

/** Reads the globals, and the archive unless an earlier run has. */
async function readBackup(
  { vault }: VerifyDeps,
  client: ClientPrograms,
  { database, archive, globals }: Manifest,
  { signal, begun, to }: { signal: AbortSignal; begun?: Begun | undefined; to?: string | undefined },
) {
  let file = to;
  const text = await vault.getText(globals.key);
  const bytes = begun ? undefined : await vault.getBytes(archive.key, signal);
  const passed = bytes && file !== undefined ? teeToFile(bytes, file, () => (file = undefined)) : bytes;
  const read = passed && (await readArchive(client, passed, `"${database}"`, signal));
  return { globals: text, archive: read, file };
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

/** A manifest copied to another place, by hand or by a sync gone wrong, vouches for nothing there. */
function findMisplaced(vault: Vault, name: BackupName, manifest: Manifest): string[] {
  const folder = backupFolder(vault.prefix, name);
  const own =
    manifest.database === name.database &&
    formatFiredAt(new Date(manifest.firedAt)) === formatFiredAt(name.firedAt) &&
    manifest.archive.key.startsWith(folder) &&
    (manifest.globals.key.startsWith(folder) || isOfFiring(vault, manifest.globals.key, name.firedAt));
  return own ? [] : [`The manifest belongs to another backup: "${manifest.database}" fired at ${manifest.firedAt}.`];
}

/** Globals that the databases of one firing share. */
function isOfFiring(vault: Vault, key: string, firedAt: Date): boolean {
  return parseSharedGlobalsKey(vault.prefix, key)?.firedAt.getTime() === firedAt.getTime();
}

function bytesOf(text: string): { sizeBytes: number; sha256: string } {
  return { sizeBytes: Buffer.byteLength(text), sha256: createHash('sha256').update(text).digest('hex') };
}
