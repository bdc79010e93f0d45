import { askServer } from '../../layers/archiving/ask-server.ts';
import { slotGone } from '../../layers/archiving/refusals.ts';
import { type Survey, survey } from '../../layers/archiving/survey.ts';
import type { ConnectionTarget } from '../../layers/postgres/connect/target.ts';
import { openWalsender, type Walsender } from '../../layers/postgres/replication/walsender.ts';
import { type Base, parseBase } from '../../layers/wal/base.ts';
import { type BaseName, baseKey } from '../../layers/wal/keys.ts';
import { formatLsn } from '../../layers/wal/lsn.ts';
import type { StoredBase } from '../../layers/wal/stored-base.ts';
import type { BaseAnswer } from './answer.ts';
import { archiveThrough } from './archive-through.ts';
import { askNextXid } from './next-xid.ts';
import { planKind } from './plan-kind.ts';
import type { BaseDeps, BaseRequest } from './request.ts';
import { startBase } from './start-base.ts';
import { storeFiles } from './store-files.ts';
import { timelineChanged } from './timeline-changed.ts';

/**
 * So long the server waits for a run that takes nothing, and then ends it: one that was frozen must not hold a walsender for
 * ever. A store may stay away for as long.
 */
const SILENT_MS = 15 * 60_000;

/**
 * Takes a base backup of a cluster into the bucket: its files, then the WAL from its start to its end, then `base.json`, from
 * which on it exists. It may be killed at any time, and be fired twice.
 *
 * @throws {@link ConfigError}, {@link DumpError}, {@link VaultError} that say what to do; nothing counts then
 */
export async function base(deps: BaseDeps, request: BaseRequest): Promise<BaseAnswer> {
  const target = await deps.target();
  const broken = new AbortController();
  const signal = AbortSignal.any([broken.signal, request.deadline.signal]);
  const walsender = await openWalsender(target, 'pgvouch base', SILENT_MS);
  let taken: Taken | BaseAnswer;
  try {
    taken = await take({ ...deps, target, walsender, signal }, request);
  } catch (error) {
    // The server may be waiting for somebody who reads on.
    broken.abort(error);
    request.deadline.signal.throwIfAborted();
    throw error;
  } finally {
    await walsender.end();
  }
  return 'outcome' in taken ? taken : commit(deps, request, taken);
}

interface Surroundings extends Omit<BaseDeps, 'target'> {
  readonly target: ConnectionTarget;
  readonly walsender: Walsender;
  readonly signal: AbortSignal;
}

/** All of it is in the bucket but for `base.json`, and perhaps its WAL. */
interface Taken {
  readonly name: BaseName;
  readonly document: Base;
}

async function take(here: Surroundings, request: BaseRequest): Promise<Taken | BaseAnswer> {
  const { vault, walsender, log, signal } = here;
  const { startedAt, attempt, slot } = request;
  const server = await askServer(walsender, slot);
  const { restartLsn } = server;
  if (restartLsn === undefined) throw slotGone(server);
  const found = await survey(vault, walsender, { ...server, restartLsn }, signal);
  const { systemIdentifier } = found.identity;
  const name = { systemIdentifier, startedAt };
  const there = await readBase(here, name);
  if (there !== undefined) return there;
  const plan = await planKind(here, request, found);
  if (plan.kind === 'none') {
    log.info({ systemIdentifier, why: plan.why }, 'no increment was taken: the full base backups go on');
    return { outcome: 'skipped', systemIdentifier, why: plan.why };
  }
  const { backup, parent } = await startBase(here, `pgvouch ${startedAt.toISOString()}`, plan);
  const files = await storeFiles(here, { ...name, attempt }, backup);
  const { stopLsn, timeline } = await backup.end();
  if (timeline !== backup.timeline) throw timelineChanged(backup.timeline, timeline);
  const stoppedAt = await walsender.serverTime(timeline, stopLsn, signal);
  const document = await documentOf(here, request, found, parent);
  return {
    name,
    document: {
      ...document,
      ...{ timeline, startLsn: formatLsn(backup.startLsn), stopLsn: formatLsn(stopLsn) },
      ...{ stoppedAt: stoppedAt.toISOString(), contentBytes: backup.contentBytes(), ...files },
    },
  };
}

/** What the server says of itself, and of this moment. */
async function documentOf(
  { walsender, target, recipients }: Surroundings,
  { startedAt, attempt }: BaseRequest,
  { identity, segmentSizeBytes }: Survey,
  parent: StoredBase | undefined,
) {
  const nextXid = await askNextXid(target);
  return {
    ...{ format: 'pgvouch/base' as const, formatVersion: recipients ? (2 as const) : (1 as const) },
    systemIdentifier: identity.systemIdentifier,
    ...{ startedAt: startedAt.toISOString(), attempt, label: `pgvouch ${startedAt.toISOString()}` },
    ...(nextXid !== undefined && { nextXid }),
    server: {
      version: (await walsender.show('server_version')).split(' ')[0] ?? '',
      major: identity.major,
      name: target.serverName ?? `${target.host}:${target.port}`,
    },
    segmentSizeBytes,
    checksums: (await walsender.show('data_checksums')) === 'on',
    ...(parent && { parent: parent.base.startedAt }),
  };
}

/** Writes `base.json` once the WAL is there. */
async function commit(deps: BaseDeps, request: BaseRequest, { name, document }: Taken): Promise<BaseAnswer> {
  const { vault, log } = deps;
  const { deadline } = request;
  await archiveThrough(deps, request, document);
  const key = baseKey(vault.prefix, name);
  if (!(await vault.putNew(key, `${JSON.stringify(document, null, 2)}\n`, deadline.signal))) {
    const there = await readBase({ ...deps, signal: deadline.signal }, name);
    // A lost answer, asked for again, finds its own.
    if (there !== undefined && there.attempt !== document.attempt) return there;
  }
  const { systemIdentifier, startedAt, parent, startLsn, stopLsn, contentBytes, tablespaces } = document;
  const storedBytes = tablespaces.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  log.info(
    {
      ...{ systemIdentifier, startedAt, parent, startLsn, stopLsn, contentBytes, storedBytes },
      durationMs: deadline.usedMs(),
    },
    'base backup stored',
  );
  return { outcome: 'stored', ...document };
}

async function readBase(
  { vault, log, signal }: Pick<Surroundings, 'vault' | 'log' | 'signal'>,
  name: BaseName,
): Promise<({ readonly outcome: 'there' } & Base) | undefined> {
  const key = baseKey(vault.prefix, name);
  const text = await vault.getText(key, signal);
  if (text === undefined) return undefined;
  const there = parseBase(text, key);
  log.info({ key, attempt: there.attempt }, 'the base backup of this firing is there');
  return { outcome: 'there', ...there };
}
