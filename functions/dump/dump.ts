import type { Logger } from 'pino';
import { refuseImpossible, TIME_WARNING_RATIO, timeUsedRatio } from '../../layers/backup/dump-limits.ts';
import { contentsOf, fallOf } from '../../layers/backup/fall.ts';
import { archiveKey, type BackupName, manifestKey } from '../../layers/backup/keys.ts';
import { type Manifest, oldestPgRestore, type SequenceBounds } from '../../layers/backup/manifest.ts';
import { olderClient } from '../../layers/backup/older-client.ts';
import { partSizeFor } from '../../layers/backup/part-size.ts';
import { type Selection, selectionArguments } from '../../layers/backup/selection.ts';
import type { Deadline } from '../../layers/deadline/deadline.ts';
import type { DumpProgress } from '../../layers/log/dump-progress.ts';
import { keepBeginning } from '../../layers/postgres/complaints/heard.ts';
import { isCrowded } from '../../layers/postgres/connect/server-error.ts';
import type { ConnectionTarget } from '../../layers/postgres/connect/target.ts';
import { type DumpSession, openDumpSession } from '../../layers/postgres/contents/dump-session.ts';
import type { SnapshotOptions } from '../../layers/postgres/contents/snapshot.ts';
import { bestCompression, type ClientPrograms, fittingClient } from '../../layers/postgres/programs/client-programs.ts';
import { pgDump, pgDumpGlobals, racedByDdl } from '../../layers/postgres/programs/pg-dump.ts';
import { ensureBucket } from '../../layers/vault/bucket.ts';
import type { Patience } from '../../layers/vault/patience.ts';
import type { Vault } from '../../layers/vault/vault.ts';
import { checkFormat } from './archive-format.ts';
import { commitManifest, existingManifest } from './commit.ts';
import { openCrowd } from './crowd.ts';
import { readLatest } from './latest.ts';
import { measureBytes } from './measure-bytes.ts';
import { openRemarks } from './remarks.ts';
import { refuseAnotherServer } from './same-server.ts';
import { storeGlobals } from './store-globals.ts';
import { blameStore, patienceUntil } from './store-patience.ts';
import { warnOfLeftOut } from './warn-of-left-out.ts';

export interface DumpDeps {
  readonly vault: Vault;
  readonly clientPrograms: () => Promise<readonly ClientPrograms[]>;
  readonly target: () => Promise<ConnectionTarget>;
  readonly log: Logger;
  readonly clock: () => Date;
  /** Told now and then how far the archive is; `expectedBytes` is the database's size, which it hardly exceeds. */
  readonly onProgress: (progress: DumpProgress) => void;
  /** Told that a dump starts. It never rejects and is not waited for until the end: no backup waits for a message. */
  readonly onStart?: (name: BackupName) => Promise<void>;
}

export interface DumpRequest extends BackupName {
  /** A fresh UUID: the archive's, so that no delivery overwrites another's. */
  readonly attempt: string;
  readonly deadline: Deadline;
  readonly lockTimeoutMs: number;
  /** Also record a fingerprint of each table's contents. */
  readonly fingerprints?: boolean;
  /** What is left out; nothing by default. */
  readonly selection?: Selection;
  /** Called between the steps of taking the snapshot; tests race DDL against them. */
  readonly onStep?: SnapshotOptions['onStep'];
}

/**
 * Takes one backup: archive, globals, and last of all the manifest, with which the backup begins to exist.
 *
 * @returns the manifest; if the firing was delivered before and its backup is there, that one's
 * @throws {@link DumpError} if the database, its server or pg_dump failed, {@link VaultError} if the bucket did,
 * {@link ConfigError} if time ran out or another server's backups stand here. Nothing is left that counts as a backup.
 */
export async function dump(deps: DumpDeps, request: DumpRequest): Promise<Manifest> {
  const { vault } = deps;
  await ensureBucket(vault, { create: vault.config.server !== undefined, signal: request.deadline.signal });
  const patience = patienceUntil(request.deadline, deps.log, request.database);
  const crowd = openCrowd(deps.log, { database: request.database }, request.deadline, Math.random);
  for (let attempt = 1; ; ) {
    try {
      return await dumpOnce(deps, request, patience);
    } catch (error) {
      if (request.deadline.signal.aborted) throw blameStore(error, request.deadline, patience);
      if (isCrowded(error)) {
        await crowd.wait(error);
        continue;
      }
      if (attempt++ === MOST_ATTEMPTS || !racedByDdl(error)) throw error;
      deps.log.warn({ database: request.database, err: error }, 'DDL ran during the dump: starting over');
    }
  }
}

const MOST_ATTEMPTS = 5;
const NEAR_ITS_LIMIT = `this dump used more than ${100 * TIME_WARNING_RATIO} % of its time limit: give it more time before a dump fails`;

const HAS_FALLEN =
  'next to nothing is left of what the database held: find out what happened, or run pgvouch accept if it is meant; until then retention holds still';

async function dumpOnce(deps: DumpDeps, request: DumpRequest, patience: Patience): Promise<Manifest> {
  const { vault, log } = deps;
  const { database, firedAt, attempt, deadline, onStep } = request;
  const startedAt = deps.clock();
  const facts = { database, firedAt: firedAt.toISOString() };
  const target = await deps.target();
  const clients = await deps.clientPrograms();
  const session = await openDumpSession(target, database, {
    idleTimeoutMs: deadline.remainingMs,
    lockTimeoutMs: Math.min(request.lockTimeoutMs, deadline.remainingMs),
    signal: deadline.signal,
    selection: request.selection ?? [],
    ...(onStep && { onStep }),
  });
  let told: Promise<void> | undefined;
  try {
    const existing = await existingManifest(vault, request, session.server, deadline.signal);
    if (existing) {
      log.info({ ...facts, archiveKey: existing.archive.key }, 'this firing already has its backup');
      return existing;
    }
    const before = { vault, database, log, now: startedAt, signal: deadline.signal };
    const latest = await readLatest(before);
    await refuseAnotherServer(before, latest, session.server);
    refuseImpossible(database, session.heapBytes, deadline);
    const client = fittingClient(clients, Math.floor(session.server.versionNumber / 10_000));
    const compression = await bestCompression(client);
    log.info({ ...facts, serverVersion: session.server.version, client: client.version, compression }, 'dump started');
    warnOfOlderClient(log, facts, session.server, client);
    const remarks = openRemarks(log, facts, session.remarks);
    warnOfLeftOut(log, facts, session.leftOut);
    told = deps.onStart?.({ database, firedAt });

    const key = archiveKey(vault.prefix, request, attempt);
    const stored = await storeArchive(deps, request, session, { patience, client, target, compression, key });
    remarks.hear(stored.said);
    const globals = await storeGlobals(vault, request, patience, stored.globals, session.rolePasswords);
    const fall = fallOf(latest.manifest, latest.entry?.accepted !== undefined, {
      tables: stored.tables,
      leftOut: session.leftOut,
    });
    if (fall) log.warn({ ...facts, before: fall, now: contentsOf(stored.tables) }, HAS_FALLEN);
    const finishedAt = deps.clock();
    const time = { usedMs: deadline.usedMs(), limitMs: Math.round(deadline.remainingMs) };
    const manifest = {
      ...({ format: 'pgvouch/manifest', formatVersion: 1 } as const),
      database,
      firedAt: firedAt.toISOString(),
      snapshotAt: session.snapshotAt.toISOString(),
      finishedAt: finishedAt.toISOString(),
      durationMs: Math.max(0, finishedAt.getTime() - startedAt.getTime()),
      time,
      attempt,
      server: session.server,
      source: session.source,
      archive: { key, compression, ...stored.archive, oldestPgRestore: oldestPgRestore(client.major) },
      globals,
      client: clientFacts(client),
      tables: stored.tables,
      sequences: stored.sequences,
      objects: session.objects,
      largeObjects: session.largeObjects,
      ...remarks.recorded(),
      ...(fall && { fall }),
      ...(session.leftOut && { leftOut: session.leftOut }),
    } satisfies Manifest;
    // Another server may have been as quick.
    await refuseAnotherServer(
      before,
      await patience.insist('read', 'the newest manifest', () => readLatest(before, latest)),
      session.server,
    );
    const { signal } = deadline;
    const committed = await commitManifest(vault, manifest, manifestKey(vault.prefix, request), { signal, patience });
    const { archive } = committed;
    log.info(
      {
        ...facts,
        archiveKey: archive.key,
        sizeBytes: archive.sizeBytes,
        durationMs: manifest.durationMs,
        sentAgain: patience.retries(),
      },
      'dump finished',
    );
    if (timeUsedRatio(time) > TIME_WARNING_RATIO) log.warn({ ...facts, ...time }, NEAR_ITS_LIMIT);
    return committed;
  } finally {
    await session.close();
    await told;
  }
}

function clientFacts({ version, major, builtAt }: ClientPrograms): Manifest['client'] {
  return { version, major, ...(builtAt !== undefined && { builtAt }) };
}

function warnOfOlderClient(log: Logger, facts: object, server: Manifest['server'], programs: ClientPrograms): void {
  const client = clientFacts(programs);
  const older = olderClient({ server, client });
  if (older) log.warn({ ...facts, server: server.version, client, hint: older.hint }, older.problem);
}

interface Tools {
  readonly client: ClientPrograms;
  readonly target: ConnectionTarget;
  readonly compression: string;
}

/**
 * Streams pg_dump into the vault while rows are counted and globals read. The archive's end waits for all of it, so
 * that whatever fails fails the upload and leaves no object; and whatever fails first ends the others.
 */
async function storeArchive(
  { vault, onProgress }: DumpDeps,
  { database, deadline, lockTimeoutMs, fingerprints, selection = [] }: DumpRequest,
  session: DumpSession,
  { key, patience, ...tools }: Tools & { readonly key: string; readonly patience: Patience },
) {
  const work = new AbortController();
  const signal = AbortSignal.any([work.signal, deadline.signal, session.lost]);
  const expectedBytes = session.source.sizeBytes;
  const { snapshotId, rolePasswords, programOptions } = session;
  const { encoding, extensions } = session.source;
  const said = keepBeginning();
  const source = pgDump({
    ...tools,
    database,
    snapshotId,
    encoding,
    selection: selectionArguments(selection, extensions.length > 0),
    programOptions,
    lockTimeoutMs,
    signal,
    onStderr: said.take,
  });
  const { bytes, measured } = measureBytes(checkFormat(source, `"${database}"`), (sentBytes) =>
    onProgress({ database, sentBytes, expectedBytes }),
  );
  const counted = session.countRows(signal, fingerprints ?? false);
  const globals = pgDumpGlobals({ ...tools, database, rolePasswords, programOptions, signal });
  for (const other of [counted, globals]) other.catch((error) => work.abort(error));
  let sequences: SequenceBounds[] = [];
  async function* archive() {
    yield* bytes;
    await Promise.all([counted, globals]);
    sequences = await session.sequenceBounds();
  }
  try {
    const partSizeBytes = partSizeFor(expectedBytes, vault.config.maxParts);
    await vault.upload(key, archive(), { partSizeBytes, signal, patience });
    const { sql, said: saidOfGlobals } = await globals;
    const allSaid = `${said.text()}\n${saidOfGlobals}`;
    return { archive: measured(), tables: await counted, sequences, globals: sql, said: allSaid };
  } catch (error) {
    work.abort(error);
    // What was broken off is waited for: nothing of ours runs on.
    await Promise.allSettled([counted, globals, source.return()]);
    throw signal.reason;
  }
}
