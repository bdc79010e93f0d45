import { randomUUID } from 'node:crypto';
import { DumpError, PgvouchError } from '../../layers/backup/errors.ts';
import { endingOfKept, endingOfMade, nameBeside } from '../../layers/backup/names-beside.ts';
import type { RefreshDone, RefreshRecord } from '../../layers/backup/refresh-record.ts';
import type { ConnectionTarget } from '../../layers/postgres/connect/target.ts';
import { dropDatabases } from '../../layers/postgres/swap/fresh.ts';
import { holdRefreshLock } from '../../layers/postgres/swap/lock.ts';
import { markOf, unmarked } from '../../layers/postgres/swap/mark.ts';
import { switchDatabases } from '../../layers/postgres/swap/switch.ts';
import { explained } from './explain.ts';
import { type Made, makeFresh } from './make.ts';
import { planRefresh, type RefreshPlan } from './plan.ts';
import { readRecord, writeRecord } from './record.ts';
import type { RefreshDeps, RefreshRequest } from './request.ts';

/** What a refresh came to. */
export interface Refreshed {
  readonly refresh: string;
  readonly database: string;
  /** `unchanged`: the newest proved backup was there already. */
  readonly outcome: 'refreshed' | 'unchanged';
  /** What is there now. */
  readonly current: RefreshDone;
}

/**
 * Replaces a database elsewhere by the newest proved backup: a new one is made beside it, compared, masked, and takes its name.
 * Until then the old one is in use, whatever happens.
 *
 * What an earlier refresh was broken off in is removed first. How it went is written down in the vault.
 *
 * @throws {@link ConfigError} if there is no proved backup, {@link PolicyError} if the database may not be replaced,
 * {@link DumpError} if the server refuses or what came back differs, {@link VaultError} if the bucket fails
 * @throws the signal's reason
 */
export async function refresh(deps: RefreshDeps, request: RefreshRequest): Promise<Refreshed> {
  const { refresh: settings, deadline } = request;
  const { name, database } = settings;
  const target = await deps.target(settings);
  const lock = await holdRefreshLock(target, database, deadline.remainingMs + LONGER_MS).catch((error) => {
    throw explained(error, settings);
  });
  if (lock === undefined) {
    throw new DumpError({
      ...{ operation: 'refresh', subject: `"${database}"`, problem: 'another refresh of it is under way' },
      hint: 'wait for it to end; pg_locks shows the session that holds the advisory lock',
    });
  }
  try {
    const record = await readRecord(deps.vault, settings);
    return await refreshLocked(deps, request, target, record).catch(async (error) => {
      const { aborted, reason } = deadline.signal;
      const why = explained(aborted ? reason : error, settings);
      deps.log.error({ refresh: name, database, err: why }, 'refresh failed');
      // Whoever stopped it means no failure, and the next one begins anew.
      if (!aborted || why instanceof PgvouchError) await recordFailure(deps, record, why);
      throw why;
    });
  } finally {
    await lock.release();
  }
}

/** Clearing up may take longer than the time that there is. */
const LONGER_MS = 600_000;

async function refreshLocked(
  deps: RefreshDeps,
  request: RefreshRequest,
  target: ConnectionTarget,
  record: RefreshRecord,
): Promise<Refreshed> {
  const { vault, clock, log, onStep = () => {} } = deps;
  const { refresh: settings } = request;
  const { name, database, from } = settings;
  const startedAt = clock();
  const plan = await planRefresh(deps, request, target, record);
  const { backup, masking } = plan;
  const { firedAt, snapshotAt } = backup.manifest;
  const facts = { refresh: name, database, from, firedAt };
  if (plan.broken.length > 0) log.warn({ ...facts, broken: plan.broken }, 'an earlier refresh was broken off');
  await dropDatabases(target, plan.broken);
  if (plan.isThere && record.current) {
    log.info(facts, 'nothing to refresh');
    const at = clock().toISOString();
    await writeRecord(vault, { ...ended(record), succeededAt: at, last: { at, outcome: 'unchanged' } });
    return { refresh: name, database, outcome: 'unchanged', current: record.current };
  }
  const fresh = nameBeside(database, endingOfMade(randomUUID().slice(0, 8)));
  const underWay = { backup: { firedAt, snapshotAt }, startedAt: startedAt.toISOString(), database: fresh };
  await writeRecord(vault, { ...record, underWay });
  log.info({ ...facts, into: fresh }, 'refresh started');
  const done = await replaced(deps, request, { target, plan, fresh }, startedAt);
  const { made, previous, switchedAt, remarks } = done;
  const { compared, restoreMs, oid } = made;
  const current: RefreshDone = {
    ...{ backup: underWay.backup, startedAt: underWay.startedAt, switchedAt: switchedAt.toISOString() },
    durationMs: Math.max(0, switchedAt.getTime() - startedAt.getTime()),
    ...{ restoreMs, compared, oid, previous, maskedBy: masking?.sha256 ?? null, remarks },
  };
  const at = current.switchedAt;
  await writeRecord(vault, { ...ended(record), current, succeededAt: at, last: { at, outcome: 'refreshed' } });
  onStep(`"${database}" is the new one`);
  log.info({ ...facts, durationMs: current.durationMs, remarks, masked: masking !== undefined }, 'refreshed');
  return { refresh: name, database, outcome: 'refreshed', current };
}

interface Work {
  readonly target: ConnectionTarget;
  readonly plan: RefreshPlan;
  readonly fresh: string;
}

interface Replaced {
  readonly made: Made;
  readonly previous: string | null;
  readonly switchedAt: Date;
  readonly remarks: string[];
}

/** Whatever fails, the old one has its name, and the new one is gone. */
async function replaced(
  deps: RefreshDeps,
  request: RefreshRequest,
  { target, plan, fresh }: Work,
  startedAt: Date,
): Promise<Replaced> {
  const { clock, log, onStep = () => {} } = deps;
  const { refresh: settings, deadline } = request;
  const { name, database, keepPrevious } = settings;
  const { current } = plan.state;
  const old = current && {
    name: nameBeside(database, endingOfKept(startedAt)),
    comment: markOf(name, 'kept', database, startedAt),
  };
  try {
    // It makes room for the new one.
    const notRemoved = await dropKept(target, plan.kept);
    const made = await makeFresh(deps, request, plan, target, fresh);
    onStep(`switching "${database}" to it`);
    await switchDatabases(
      target,
      {
        ...{ fresh, name: database, old, comment: unmarked(name, database, current?.properties.comment ?? null) },
        publicPrivileges: current ? publicOf(current.properties.grants) : ['CONNECT', 'TEMPORARY'],
      },
      deadline.signal,
    );
    const switchedAt = clock();
    const notDropped = old && !keepPrevious ? await dropKept(target, [old.name]) : [];
    return {
      ...{ made, switchedAt, previous: old && (keepPrevious || notDropped.length > 0) ? old.name : null },
      remarks: [...made.remarks, ...notRemoved, ...notDropped],
    };
  } catch (error) {
    await dropDatabases(target, [fresh]).catch((err) => {
      log.error({ err, database: fresh }, 'what was made could not be dropped: the next refresh will');
    });
    throw error;
  }
}

function publicOf(grants: readonly { readonly role: string | null; readonly privilege: string }[]): string[] {
  return grants.flatMap(({ role, privilege }) => (role === null ? [privilege] : []));
}

/** @returns those that could not be, a sentence each: somebody may be in them. The next refresh tries again */
async function dropKept(target: ConnectionTarget, databases: readonly string[]): Promise<string[]> {
  const dropping = databases.map((database) =>
    dropDatabases(target, [database]).then(
      () => [],
      (error: DumpError) => [`"${database}", put aside by a refresh, could not be dropped: ${error.problem}`],
    ),
  );
  return (await Promise.all(dropping)).flat();
}

async function recordFailure({ vault, clock, log }: RefreshDeps, known: RefreshRecord, error: unknown): Promise<void> {
  const { problem, hint } = error as { problem?: string; hint?: string };
  const last = {
    at: clock().toISOString(),
    outcome: 'failed' as const,
    problem: problem ?? String(error),
    ...(hint !== undefined && { hint }),
  };
  await writeRecord(vault, { ...ended(known), last }).catch((err) =>
    log.error({ err }, 'the failure was not recorded'),
  );
}

/** Nothing of it is under way any more. */
function ended({ underWay: _, ...record }: RefreshRecord): RefreshRecord {
  return record;
}
