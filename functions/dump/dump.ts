import type { Logger } from 'pino';
import { refuseImpossible, TIME_WARNING_RATIO, timeUsedRatio } from '../../layers/backup/dump-limits.ts';
import { contentsOf, fallOf } from '../../layers/backup/fall.ts';
import { archiveKey, manifestKey, sealedKey } from '../../layers/backup/keys.ts';
import { type Manifest, oldestPgRestore } from '../../layers/backup/manifest.ts';
import { olderClient } from '../../layers/backup/older-client.ts';
import type { StoredManifest } from '../../layers/backup/sealed-manifest.ts';
import { dumpFacts } from '../../layers/dumping/dump-archive.ts';
import { isCrowded } from '../../layers/postgres/connect/server-error.ts';
import { openDumpSession } from '../../layers/postgres/contents/dump-session.ts';
import { bestCompression, fittingClient } from '../../layers/postgres/programs/client-programs.ts';
import { racedByDdl } from '../../layers/postgres/programs/pg-dump.ts';
import { sealManifest } from '../../layers/seal/manifest.ts';
import { ensureBucket } from '../../layers/vault/bucket.ts';
import type { Patience } from '../../layers/vault/patience.ts';
import { openGlobals } from './bring-globals.ts';
import { commitManifest, existingManifest } from './commit.ts';
import { openCrowd } from './crowd.ts';
import { readLatest } from './latest.ts';
import { openRemarks } from './remarks.ts';
import type { DumpDeps, DumpRequest } from './request.ts';
import { refuseAnotherServer } from './same-server.ts';
import { storeArchive } from './store-archive.ts';
import { blameStore, patienceUntil } from './store-patience.ts';
import { warnOfLeftOut } from './warn-of-left-out.ts';

/**
 * Takes one backup: archive, globals, and last of all the manifest, with which the backup begins to exist.
 *
 * @returns the manifest; if the firing was delivered before and its backup is there, that one's
 * @throws {@link DumpError} if the database, its server or pg_dump failed, {@link VaultError} if the bucket did,
 * {@link ConfigError} if time ran out or another server's backups stand here. Nothing is left that counts as a backup.
 */
export async function dump(deps: DumpDeps, request: DumpRequest): Promise<StoredManifest> {
  const { vault } = deps;
  // A recipient that is none is found before anything is asked of the server.
  await deps.recipients?.begin();
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

const NO_CONDITIONS =
  'the store refuses conditional writes (If-None-Match): pgvouch looks before it writes; see docs/configuration.md';

const HAS_FALLEN =
  'next to nothing is left of what the database held: find out what happened, or run pgvouch accept if it is meant; until then retention holds still';

async function dumpOnce(deps: DumpDeps, request: DumpRequest, patience: Patience): Promise<StoredManifest> {
  const { vault, log } = deps;
  const { database, firedAt, attempt, deadline, onStep } = request;
  const startedAt = deps.clock();
  const facts = { database, firedAt: firedAt.toISOString() };
  const target = await deps.target(request.database);
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

    const open = archiveKey(vault.prefix, request, attempt);
    const key = deps.recipients ? sealedKey(open) : open;
    const place = await openGlobals(deps, request, { session, client, patience });
    const tools = { session, client, target, compression, globals: place.bring };
    const stored = await storeArchive(deps, request, { ...tools, patience, key });
    remarks.hear(stored.said);
    remarks.add(stored.damaged);
    const globals = await place.store(stored.globals);
    const archive = { key, compression, ...stored.archive, oldestPgRestore: oldestPgRestore(client.major) };
    const fall = fallOf(latest.manifest, latest.entry?.accepted !== undefined, {
      ...{ tables: stored.tables, leftOut: session.leftOut, archive },
    });
    if (fall) log.warn({ ...facts, before: fall, now: contentsOf(stored.tables) }, HAS_FALLEN);
    const finishedAt = deps.clock();
    const time = { usedMs: deadline.usedMs(), limitMs: Math.round(deadline.remainingMs) };
    const manifest = {
      ...({ format: 'pgvouch/manifest', formatVersion: 1 } as const),
      database,
      firedAt: firedAt.toISOString(),
      ...dumpFacts(session, client, stored),
      finishedAt: finishedAt.toISOString(),
      durationMs: Math.max(0, finishedAt.getTime() - startedAt.getTime()),
      time,
      attempt,
      archive,
      globals,
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
    const sealed = deps.recipients && { ...(await sealManifest(manifest, deps.recipients)), server: session.server };
    const committed = await commitManifest(vault, sealed ?? manifest, manifestKey(vault.prefix, request), {
      signal,
      patience,
    });
    if (vault.refusesConditions()) log.warn(facts, NO_CONDITIONS);
    log.info(
      {
        ...facts,
        archiveKey: committed.archive.key,
        sizeBytes: committed.archive.sizeBytes,
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

function warnOfOlderClient(log: Logger, facts: object, server: Manifest['server'], client: Manifest['client']): void {
  const older = olderClient({ server, client });
  if (older) log.warn({ ...facts, server: server.version, client, hint: older.hint }, older.problem);
}
