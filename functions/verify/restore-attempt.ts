import { ConfigError, DumpError, textOf } from '../../layers/backup/errors.ts';
import type { Manifest } from '../../layers/backup/manifest.ts';
import { byRelease, lacksRepairs, shortVersion } from '../../layers/backup/release.ts';
import { type Fault, judgeComplaints } from '../../layers/postgres/complaints/faults.ts';
import { keepComplaints } from '../../layers/postgres/complaints/heard.ts';
import { lostPath } from '../../layers/postgres/complaints/hints.ts';
import { connect } from '../../layers/postgres/connect/connection.ts';
import type { ClientPrograms } from '../../layers/postgres/programs/client-programs.ts';
import { restoreArchive } from '../../layers/postgres/programs/restore-archive.ts';
import type { Scratch } from './scratch.ts';

/** What came of one attempt to restore, where it did not simply succeed. */
export type Setback =
  /** The machine or the scratch server is too small: nothing was found out about the backup, nor will it be here. */
  | { readonly kind: 'shortage'; readonly why: string }
  /** The restored database lets nobody in: an event trigger on login refused pg_restore itself. */
  | { readonly kind: 'refused'; readonly why: string }
  /** The scratch server lacks what the original one had, each a sentence. */
  | { readonly kind: 'lacking'; readonly lacking: readonly string[] }
  /** pg_restore failed, and for all that we know it is the backup's fault. */
  | { readonly kind: 'failure'; readonly why: string };

export interface RestoreAttempt {
  readonly client: ClientPrograms;
  readonly database: string;
  readonly archive: { readonly file: string; readonly jobs: number } | { readonly bytes: AsyncIterable<Buffer> };
  /** Go on after errors: something is known to be lacking. */
  readonly ignoringErrors: boolean;
  /** Whether the scratch server is older in its minor than the server or the pg_dump that the archive is of. */
  readonly lag: Lag | undefined;
  /** What roles may do by their attributes and memberships, which they were not given there. */
  readonly rightsLacking: readonly string[];
  readonly signal: AbortSignal;
}

/** A scratch server that lacks repairs. */
export interface Lag {
  /** Of the scratch server. */
  readonly version: string;
  /** The newest that the backup has to do with. */
  readonly behind: string;
}

/** Whether a scratch server lacks repairs that the backed-up server or its pg_dump has: each may write what those brought. */
export function lagOf(version: string, { server, client }: Manifest): Lag | undefined {
  const newer = [server.version, client.version].filter((other) => lacksRepairs(version, other)).sort(byRelease);
  const behind = newer.at(-1);
  return behind === undefined ? undefined : { version: shortVersion(version), behind: shortVersion(behind) };
}

/**
 * A failure that may well not come again, or that somebody must see to: no verdict is found, and the drill is tried
 * again. A verdict would stand for ever.
 */
export function noVerdict(problem: string, cause: unknown): ConfigError {
  return new ConfigError({
    operation: 'try a restore',
    problem,
    hint: 'verify will try again; if this keeps happening, give verify more memory, or check the scratch server (DRILL=off skips the restore)',
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
  const { client, database, archive, ignoringErrors, lag, rightsLacking, signal } = attempt;
  const { superuser } = scratch;
  const args = [
    '--no-tablespaces',
    // One would keep its database from being dropped, and might reach for its publisher.
    '--no-subscriptions',
    ...(superuser ? [] : ['--no-owner', '--no-privileges']),
    ...(ignoringErrors ? [] : ['--exit-on-error']),
  ];
  const complaints = keepComplaints();
  try {
    const onStderr = complaints.take;
    await restoreArchive({ client, target: scratch.target, database, archive, args, signal, onStderr });
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof DumpError)) throw error;
    const gone = await whyGone(scratch);
    if (gone !== undefined && SPACE.test(gone))
      return { kind: 'shortage', why: `The scratch server stopped: ${gone}.` };
    if (gone !== undefined) throw noVerdict(`the scratch server stopped: ${gone}`, error);
    if (error.signal !== null) throw noVerdict(error.problem, error);
    // pg_restore was not even started: its settings could not be asked for.
    if (error.exitCode === null) throw error;
    const all = complaints.all();
    // Where the first one ended it, the others are but consequences: "a worker process died unexpectedly".
    const heard = ignoringErrors ? all : all.slice(0, 1);
    const lacksRights = !superuser || rightsLacking.length > 0;
    return setbackOf(judgeComplaints(heard, { lacksRights, otherRelease: lag !== undefined }), attempt, error);
  }
}

/** Disk or memory that is too small stays so. */
const SPACE = /No space left on device|Disk quota exceeded|File too large|[Oo]ut of memory|Cannot allocate memory/;

function setbackOf(fault: Fault, { lag, rightsLacking }: RestoreAttempt, error: DumpError): Setback {
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
          ...[...fault.what, ...fault.rights].map((what) => `Not possible on the scratch server: ${what}.`),
          ...(fault.rights.length > 0 && rightsLacking.length > 0 ? [lessRights(rightsLacking)] : []),
          ...fault.notUnderstood.map(
            (what) =>
              `The scratch server, PostgreSQL ${lag?.version}, is older than ${lag?.behind} and refused: ${what}.`,
          ),
        ],
      };
    case 'failure':
      return { kind: 'failure', why: failed(error) };
  }
}

function failed({ problem }: DumpError): string {
  const hint = lostPath(problem);
  return `pg_restore failed: ${problem}.${hint === undefined ? '' : ` Hint: ${hint}.`}`;
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
