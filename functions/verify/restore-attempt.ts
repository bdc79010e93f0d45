import { ConfigError, DumpError, textOf } from '../../layers/backup/errors.ts';
import type { Manifest } from '../../layers/backup/manifest.ts';
import { byRelease, lacksRepairs, releaseOf, shortVersion } from '../../layers/backup/release.ts';
import { keepComplaints } from '../../layers/postgres/complaints/heard.ts';
import { type Fault, judgeComplaints } from '../../layers/postgres/complaints/judge-complaints.ts';
import { saysShortage } from '../../layers/postgres/complaints/shortage.ts';
import { connect } from '../../layers/postgres/connect/connection.ts';
import type { ClientPrograms } from '../../layers/postgres/programs/client-programs.ts';
import { restoreArchive, rowSecurity, type Section } from '../../layers/postgres/programs/restore-archive.ts';
import type { TocEntry } from '../../layers/postgres/programs/toc.ts';
import type { Scratch } from './scratch.ts';
import { notPossible } from './why-unproved.ts';

/** What came of one attempt to restore, where it did not simply succeed. */
export type Setback =
  /** The machine or the scratch server is too small: nothing was found out about the backup, nor will it be here. */
  | { readonly kind: 'shortage'; readonly why: string; readonly gone?: true }
  /** The restored database lets nobody in: an event trigger on login refused pg_restore itself. */
  | { readonly kind: 'refused'; readonly why: string }
  /** The scratch server lacks what the original one had, each a sentence. */
  | { readonly kind: 'lacking'; readonly lacking: readonly string[] }
  /** pg_restore failed, and for all that we know it is the backup's fault. */
  | { readonly kind: 'failure'; readonly why: string };

/** One run of pg_restore over a part of the archive; all of it by default. */
export interface Pass {
  readonly entries?: readonly TocEntry[];
  readonly sections?: readonly Section[];
  /** Go on after errors: something is known to be lacking. */
  readonly ignoringErrors: boolean;
}

export interface RestoreAttempt extends Pass {
  readonly client: ClientPrograms;
  readonly database: string;
  readonly monetary: string | undefined;
  readonly archive: { readonly file: string; readonly jobs: number } | { readonly bytes: AsyncIterable<Buffer> };
  /** Where the scratch server is of another release than what the archive is of. */
  readonly gap: Gap | undefined;
  /** What roles may do by their attributes and memberships, which they were not given there. */
  readonly rightsLacking: readonly string[];
  readonly signal: AbortSignal;
}

/** A scratch server of another release. */
export interface Gap {
  /** Of the scratch server. */
  readonly version: string;
  /** `older than 15.20`, `newer than 17.2` */
  readonly than: string;
}

/**
 * Whether a scratch server lacks repairs that the backed-up server or its pg_dump has: each may write what those brought.
 * Or whether it is of a newer major than the server: it may have given up what that one has.
 */
export function gapOf(version: string, { server, client }: Manifest): Gap | undefined {
  const older = [server.version, client.version].filter((other) => lacksRepairs(version, other)).sort(byRelease);
  const behind = older.at(-1);
  if (behind !== undefined) return { version: shortVersion(version), than: `older than ${shortVersion(behind)}` };
  if (releaseOf(version).major <= releaseOf(server.version).major) return undefined;
  return { version: shortVersion(version), than: `newer than ${shortVersion(server.version)}` };
}

/**
 * A failure that may well not come again, or that somebody must see to: no verdict is found, and the drill is tried
 * again. A verdict would stand for ever.
 */
export function noVerdict(problem: string, cause: unknown): ConfigError {
  const own = cause instanceof ConfigError ? cause.hint : undefined;
  return new ConfigError({
    operation: 'try a restore',
    problem,
    hint: `verify will try again; if this keeps happening, ${own ?? 'give verify more memory, or check the scratch server'} (DRILL=off skips the restore)`,
    cause,
  });
}

/**
 * Restores once, and tells the backup's faults from those of the place where it was tried.
 *
 * @throws {@link ConfigError} if the scratch server or pg_restore was killed or cut off: nothing was found out
 * @throws whatever reading the archive's bytes throws
 */
export async function attemptRestore(scratch: Scratch, attempt: RestoreAttempt): Promise<Setback | undefined> {
  const {
    client,
    database,
    monetary,
    archive,
    entries,
    sections = [],
    ignoringErrors,
    gap,
    rightsLacking,
    signal,
  } = attempt;
  const { superuser } = scratch;
  const args = [
    '--no-tablespaces',
    // One would keep its database from being dropped, and might reach for its publisher.
    '--no-subscriptions',
    ...rowSecurity(superuser),
    ...(superuser ? [] : ['--no-owner', '--no-privileges']),
    ...(ignoringErrors ? [] : ['--exit-on-error']),
  ];
  const complaints = keepComplaints();
  try {
    const onStderr = complaints.take;
    const part = { archive, ...(entries && { entries }), sections, onlyAsNeeded: true };
    await restoreArchive({ client, target: scratch.target, database, monetary, ...part, args, signal, onStderr });
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof DumpError)) throw error;
    const gone = await whyGone(scratch);
    if (gone !== undefined && saysShortage(gone))
      return { kind: 'shortage', why: `The scratch server stopped: ${gone}.`, gone: true };
    if (gone !== undefined) throw noVerdict(`the scratch server stopped: ${gone}`, error);
    if (error.signal !== null) throw noVerdict(error.problem, error);
    // pg_restore was not even started: its settings could not be asked for.
    if (error.exitCode === null) throw error;
    const all = complaints.all();
    // Where the first one ended it, the others are but consequences: "a worker process died unexpectedly".
    const heard = ignoringErrors ? all : all.slice(0, 1);
    const lacksRights = !superuser || rightsLacking.length > 0;
    const fault = judgeComplaints(heard, { lacksRights, otherRelease: gap !== undefined });
    return setbackOf(fault, attempt, error);
  }
}

function setbackOf(fault: Fault, { gap, rightsLacking }: RestoreAttempt, error: DumpError): Setback {
  switch (fault.kind) {
    case 'shortage':
      return {
        kind: 'shortage',
        why: `The scratch server or its machine ran out of disk or memory: ${error.problem}.`,
      };
    case 'passing':
      throw noVerdict(error.problem, error);
    case 'refused':
      return { kind: 'refused', why: error.problem };
    case 'lacking':
      return {
        kind: 'lacking',
        lacking: [
          ...[...fault.what, ...fault.rights].map(notPossible),
          ...(fault.rights.length > 0 && rightsLacking.length > 0 ? [lessRights(rightsLacking)] : []),
          ...fault.notUnderstood.map(
            (what) => `The scratch server, PostgreSQL ${gap?.version}, is ${gap?.than} and refused: ${what}.`,
          ),
        ],
      };
    case 'failure':
      return { kind: 'failure', why: `pg_restore failed: ${error.problem}.` };
  }
}

function lessRights(rights: readonly string[]): string {
  const more = rights.length > MOST_RIGHTS ? `, and ${rights.length - MOST_RIGHTS} more` : '';
  return `On that server roles were given no attributes and no memberships, as they have originally: ${rights.slice(0, MOST_RIGHTS).join(', ')}${more}.`;
}

const MOST_RIGHTS = 10;

/** Undefined if the server lives. One that broke down does not come back: see its `restart_after_crash`. */
async function whyGone({ target, lastWords }: Scratch): Promise<string | undefined> {
  try {
    const client = await connect(target, 'postgres', 'pgvouch drill');
    await client.query('SELECT').finally(() => client.end());
    return undefined;
  } catch (error) {
    return lastWords() || textOf(error);
  }
}
