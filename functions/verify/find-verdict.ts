import { createHash } from 'node:crypto';
import { type BackupReading, findCorruption } from '../../layers/backup/corruption.ts';
import { splitHint, textOf, VaultError } from '../../layers/backup/errors.ts';
import { formatFiredAt } from '../../layers/backup/instant.ts';
import { type BackupName, backupFolder } from '../../layers/backup/keys.ts';
import type { Manifest } from '../../layers/backup/manifest.ts';
import type { Verdict } from '../../layers/backup/verdict.ts';
import { writePositions } from '../../layers/postgres/programs/archive-positions.ts';
import { type ClientPrograms, fittingClient } from '../../layers/postgres/programs/client-programs.ts';
import { readArchive } from '../../layers/postgres/programs/pg-restore.ts';
import type { Vault } from '../../layers/vault/vault.ts';
import type { VerifyDeps, VerifyTime } from './deps.ts';
import { drill } from './drill.ts';
import type { DrillRequest } from './drill-request.ts';
import { type DrillResult, readable } from './drill-result.ts';
import { beginToOpen, type Opening } from './opening.ts';
import { noVerdict } from './restore-attempt.ts';
import { findDrillRoom, teeToFile } from './scratch.ts';
import { outOfTime } from './time-up.ts';

/**
 * Finds out what one backup is worth: its bytes are read and decoded, once, and compared with the manifest; if they are
 * right, they are restored and compared.
 *
 * @throws {@link VaultError} if the bucket failed, {@link ConfigError} if pg_restore could not run: no verdict then
 */
export async function findVerdict(
  deps: VerifyDeps,
  name: BackupName,
  manifest: Manifest,
  time: VerifyTime,
): Promise<Verdict> {
  const { vault, clock } = deps;
  const startedAt = clock();
  const client = fittingClient(await deps.clientPrograms(), manifest.client.major);
  const misplaced = findMisplaced(vault, name, manifest);
  const { reading, result } =
    misplaced.length > 0
      ? { reading: NOTHING, result: corrupt(misplaced) }
      : await readAndDrill(deps, client, name, manifest, { ...time, startedAt });
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
    client: client.version,
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
): Promise<{ reading: BackupReading; result: Result }> {
  const { vault, drillPlace, clock } = deps;
  const { signal } = time;
  const room = drillPlace ? await findDrillRoom(drillPlace, manifest, clock) : 'No restore was tried.';
  const found = typeof room === 'string' ? undefined : room;
  const opening = found && beginToOpen(found, signal);
  try {
    let file = found?.archiveFile;
    const globals = await vault.getText(manifest.globals.key);
    const bytes = await vault.getBytes(manifest.archive.key, signal);
    const passed = bytes && file !== undefined ? teeToFile(bytes, file, () => (file = undefined)) : bytes;
    const archive = passed && (await readArchive(client, passed, `"${name.database}"`, signal));
    const reading: BackupReading = {
      archive,
      globals: globals === undefined ? undefined : { sizeBytes: Buffer.byteLength(globals), sha256: sha256Of(globals) },
    };
    const corruption = findCorruption(manifest, reading);
    if (corruption.length > 0) return { reading, result: corrupt(corruption) };
    if (opening === undefined) return { reading, result: readable(String(room)) };
    // The bytes are known to be right. With positions among them pg_restore begins with the largest table.
    if (file !== undefined) await writePositions(file);
    const request = { manifest, client, globals: globals ?? '', toc: archive?.toc ?? [], file, ...time, clock };
    return { reading, result: await drillIn(deps, opening, request) };
  } finally {
    await opening?.close();
    found?.remove();
  }
}

/** Only now that the bytes are known to be right: a server that cannot be had must not keep a corrupt archive a secret. */
async function drillIn(
  { vault, clientPrograms, log }: VerifyDeps,
  opening: Opening,
  request: Omit<DrillRequest, 'bytes' | 'onLeftover'>,
): Promise<DrillResult> {
  const { manifest, signal, clock } = request;
  const scratch = await opening.scratch().catch((error) => {
    if (signal.aborted) return outOfTime(signal, { ...request, waitedMs: 0 }, clock());
    throw noVerdict(`no scratch server is available: ${splitHint(textOf(error)).problem}`, error);
  });
  const { database } = manifest;
  if (typeof scratch === 'string') {
    log.warn({ database }, scratch);
    return readable(scratch);
  }
  // A newer server is restored into by its own pg_restore, if it is here.
  const clients = await clientPrograms();
  const isHere = clients.some(({ major }) => major >= scratch.major);
  return drill(scratch, {
    ...request,
    ...(isHere && { client: fittingClient(clients, scratch.major) }),
    bytes: () => bytesAgain(vault, manifest, signal),
    onLeftover: (what: string) => log.warn({ database }, what),
  });
}

function corrupt(reasons: readonly string[]): Result {
  return { verdict: 'corrupt', reasons };
}

async function bytesAgain(vault: Vault, { archive }: Manifest, signal: AbortSignal): Promise<AsyncIterable<Buffer>> {
  const bytes = await vault.getBytes(archive.key, signal);
  if (bytes) return bytes;
  throw new VaultError({
    operation: 'read',
    subject: archive.key,
    problem: 'it was there a moment ago and is gone now',
  });
}

/** A manifest copied to another place, by hand or by a sync gone wrong, vouches for nothing there. */
function findMisplaced(vault: Vault, name: BackupName, manifest: Manifest): string[] {
  const folder = backupFolder(vault.prefix, name);
  const own =
    manifest.database === name.database &&
    formatFiredAt(new Date(manifest.firedAt)) === formatFiredAt(name.firedAt) &&
    manifest.archive.key.startsWith(folder) &&
    manifest.globals.key.startsWith(folder);
  return own ? [] : [`The manifest belongs to another backup: "${manifest.database}" fired at ${manifest.firedAt}.`];
}

function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
