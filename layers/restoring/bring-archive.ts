import { randomUUID } from 'node:crypto';
import { DumpError } from '../backup/errors.ts';
import { firstComplaint } from '../postgres/complaints/heard.ts';
import { restoreHint } from '../postgres/complaints/hints.ts';
import { passOver } from '../postgres/complaints/pass-over.ts';
import { watchLocks } from '../postgres/contents/lock-watch.ts';
import { watchDatabaseSize } from '../postgres/contents/size-watch.ts';
import { partSql } from '../postgres/places/create-database.ts';
import { tryMonetary } from '../postgres/places/monetary.ts';
import type { TargetState } from '../postgres/places/restore-target.ts';
import { dropFirst, dropTablesSql, emptySql } from '../postgres/places/target-contents.ts';
import type { ArchiveEntry } from '../postgres/programs/archive-entries.ts';
import { replaceContents } from '../postgres/programs/replace-contents.ts';
import { type ArchiveRestore, restoreArchive, rowSecurity } from '../postgres/programs/restore-archive.ts';
import type { OpenArchive } from './archive.ts';
import type { ChosenClient } from './choose-client.ts';
import type { Table } from './choose-tables.ts';
import type { RestoreDeps } from './deps.ts';
import { describeWait } from './describe-wait.ts';
import { explainFailure } from './explain-failure.ts';
import { lookBeforeReplacing, refuseLoss, sparingExtensions } from './loss.ts';
import type { RestoreOptions, RestoreRequest } from './request.ts';
import { tryAgain } from './second-try.ts';
import { type Selected, select } from './selection.ts';

export interface Bringing {
  readonly chosen: ChosenClient;
  readonly state: TargetState;
  readonly tables: readonly Table[];
  readonly archive: OpenArchive['source'];
  /** All that is to be brought of it; what the tables need by default. */
  readonly entries?: readonly ArchiveEntry[];
}

export interface Brought {
  readonly leftOut: readonly string[];
  readonly hints: readonly string[];
  readonly lost: readonly string[];
}

/**
 * Brings the archive into the database. One transaction where there is something to lose; elsewhere it goes on without
 * what only a superuser may make, and the like: see {@link passOver}.
 *
 * @throws {@link PolicyError} if more than the archive holds would be lost, and nobody accepted that
 * @throws {@link DumpError} with a hint and with the state that the database is in
 */
export async function bringArchive(deps: RestoreDeps, request: RestoreRequest, bringing: Bringing): Promise<Brought> {
  const { options, to, backup } = request;
  const { chosen, state, tables } = bringing;
  const clean = state.holds.length > 0;
  const atomic = clean && options.jobs === 1 && !chosen.olderServer && !options.goOn;
  const whole = clean && tables.length === 0;
  const { superuser } = state;
  const { others, entries } = whole
    ? await lookBeforeReplacing(deps, request, chosen.client, superuser)
    : { others: [], entries: [] };
  // Drops that fail halfway cannot be undone where each job has its own transaction.
  if (others.length > 0 && !options.lose && !atomic && !options.goOn) {
    throw refuseLoss(to.database, others, 'without a single transaction, the restore could end halfway');
  }
  const lost = options.lose ? others : [];
  for (const what of lost) deps.onRemark(`! will be lost: ${what}`);
  const passing = passOver({ superuser, goOn: options.goOn, olderServer: chosen.olderServer });
  const selected =
    whole && atomic && !superuser
      ? { ...sparingExtensions(entries, state.extensions), tables: [] }
      : bringing.entries
        ? { entries: bringing.entries, leftOut: [], tables: [] }
        : await select(deps, request, chosen.client, tables);
  const emptied = [emptySql(superuser), ...partSql(backup.manifest.leftOut).map((sql) => `${sql};`)].join('\n');
  const drop = whole ? emptied : dropTablesSql(selected?.tables ?? []);
  const { monetary, lacking } = await tryMonetary(to.target, to.database, backup.manifest.source.monetary);
  for (const what of lacking) deps.onRemark(`! ${what}`);
  const how = {
    ...{ monetary, atomic, judge: passing.judge, selected },
    drop: clean && lost.length === others.length ? drop : undefined,
    clean,
  };
  await watched(deps, request, (application) => run(request, bringing, { ...how, application })).catch((error) => {
    const inTheWay = atomic && !options.lose && error instanceof DumpError && IN_THE_WAY.test(error.problem);
    if (inTheWay && others.length > 0) throw refuseLoss(to.database, others, firstComplaint(error.problem), error);
    throw explainFailure(error, request, { atomic, ...state });
  });
  const versions = { from: backup.manifest.server.version, to: state.server.version };
  const missed = await tryAgain(deps, request, { ...bringing, monetary }, passing.leftOut);
  return {
    lost,
    leftOut: [...lacking, ...(selected?.leftOut ?? []), ...missed.map(({ what, why }) => `${what}: ${why}`)],
    hints: [...new Set(missed.flatMap(({ said }) => restoreHint(said, versions) ?? []))],
  };
}

/** What a newer schema has to say to an older one; and what pg_restore says of partitioned tables in any case. */
const IN_THE_WAY =
  /other objects depend on it|already exists| is not an? |cannot be performed on relation|cannot drop inherited constraint/;

interface How extends Pick<ArchiveRestore, 'judge' | 'monetary'> {
  readonly clean: boolean;
  readonly atomic: boolean;
  /** What is there goes first; undefined if pg_restore is to drop what the archive holds, and others stay. */
  readonly drop: string | undefined;
  readonly selected: Selected | undefined;
  readonly application: string;
}

async function run(request: RestoreRequest, { chosen, archive, state }: Bringing, how: How): Promise<void> {
  const { options, to, signal } = request;
  const { clean, atomic, drop, application, judge, selected, monetary } = how;
  const args = [...rowSecurity(state.superuser), ...restoreArguments(options, clean && drop === undefined)];
  const common = {
    client: chosen.client,
    signal,
    application,
    monetary,
    ...to,
    ...(selected && { entries: selected.entries }),
  };
  if (drop !== undefined && atomic && 'bytes' in archive) {
    return replaceContents({ ...common, bytes: archive.bytes, args, sql: drop });
  }
  if (drop !== undefined) await dropFirst(to.target, to.database, drop, application);
  await restoreArchive({
    ...{ ...common, archive, args: [atomic ? '--single-transaction' : '--verbose', ...args] },
    ...(!atomic && judge && { judge }),
  });
}

/** The arguments for pg_restore; a person would give it the same. */
export function restoreArguments({ without }: Pick<RestoreOptions, 'without'>, clean: boolean): string[] {
  return [...(clean ? ['--clean', '--if-exists'] : []), ...without];
}

/** Tells how far it is and what it waits for. Of parallel jobs nobody knows which bytes they are at; the database grows. */
async function watched(
  deps: RestoreDeps,
  { backup, to, options }: RestoreRequest,
  work: (application: string) => Promise<void>,
) {
  const application = `pgvouch restore ${randomUUID().slice(0, 8)}`;
  const locks = watchLocks(to.target, to.database, application, (wait) => deps.onRemark(`! ${describeWait(wait)}`));
  const totalBytes = backup.manifest.source.sizeBytes;
  const tellSize = (sizeBytes: number) =>
    deps.onProgress({ step: 'restore', doneBytes: Math.min(sizeBytes, totalBytes), totalBytes });
  const size = options.jobs === 1 ? async () => {} : watchDatabaseSize(to.target, to.database, tellSize);
  return work(application).finally(() => Promise.all([locks(), size()]));
}
