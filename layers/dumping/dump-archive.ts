import type { Manifest, SequenceBounds, TableCount } from '../backup/manifest.ts';
import type { Remark } from '../backup/remarks.ts';
import { keepBeginning } from '../postgres/complaints/heard.ts';
import { withPassword } from '../postgres/connect/password.ts';
import type { ConnectionTarget } from '../postgres/connect/target.ts';
import { findDamagedIndexes } from '../postgres/contents/damaged-indexes.ts';
import type { DumpSession } from '../postgres/contents/dump-session.ts';
import type { ClientPrograms } from '../postgres/programs/client-programs.ts';
import { type GlobalsOptions, pgDump } from '../postgres/programs/pg-dump.ts';
import type { NewFile } from '../seal/recipients.ts';
import { sealFilled } from '../seal/seal.ts';
import { bodyOf } from '../vault/body.ts';
import { type Measured, measureBytes } from '../vault/measure-bytes.ts';
import type { Body } from '../vault/upload.ts';
import { checkFormat, MAGIC_BYTES } from './archive-format.ts';

/** What pg_dump is run with. */
export interface DumpWork<G extends Heard> {
  readonly session: DumpSession;
  readonly client: ClientPrograms;
  readonly target: ConnectionTarget;
  readonly database: string;
  readonly compression: string;
  readonly lockTimeoutMs: number;
  /** Also take a fingerprint of each table's contents. */
  readonly fingerprints: boolean;
  /** Also have amcheck look at the indexes. */
  readonly checkIndexes: boolean;
  /** More arguments for pg_dump: what is left out. */
  readonly selection: readonly string[];
  /** How the age file begins that it is sealed in; undefined to leave it open. */
  readonly seal?: NewFile | undefined;
  /** Brings the globals meanwhile: pg_dumpall's, or what stands for them. */
  readonly globals: (options: GlobalsOptions) => Promise<G>;
  readonly signal: AbortSignal;
  /** Called now and then with how long the archive is by now, as it is stored. */
  readonly onBytes: (doneBytes: number) => void;
}

/** What a program said although it succeeded. */
interface Heard {
  readonly said: string;
}

/** What was brought, and what the manifest says of it. */
export interface DumpedArchive<G> {
  readonly archive: Measured;
  readonly tables: TableCount[];
  readonly sequences: SequenceBounds[];
  readonly globals: G;
  /** What the programs said although they succeeded. */
  readonly said: string;
  readonly damaged: readonly Remark[];
}

/** What every manifest has of its dump's own. */
type DumpFacts = Pick<
  Manifest,
  'snapshotAt' | 'snapshot' | 'source' | 'client' | 'tables' | 'sequences' | 'objects' | 'largeObjects'
> &
  Pick<DumpSession, 'server'>;

/**
 * Runs pg_dump under a session's snapshot while rows are counted and globals brought. The archive's end waits for all of it, so
 * that whatever fails fails the bringing; and whatever fails first ends the others.
 *
 * @param bring - takes the archive to where it is to be
 * @throws {@link DumpError} if the server or a program fails, and whatever `bring` throws
 */
export async function dumpArchive<G extends Heard>(
  work: DumpWork<G>,
  bring: (archive: Body, signal: AbortSignal) => Promise<unknown>,
): Promise<DumpedArchive<G>> {
  const { session, client, target, database, compression, lockTimeoutMs, fingerprints, checkIndexes } = work;
  const broken = new AbortController();
  const signal = AbortSignal.any([broken.signal, work.signal, session.lost]);
  const { snapshotId, rolePasswords, programOptions } = session;
  const { encoding } = session.source;
  const said = keepBeginning();
  const tools = { client, target: await withPassword(target, database), database, programOptions, signal };
  const source = pgDump({
    ...{ ...tools, compression, snapshotId, encoding, lockTimeoutMs },
    ...{ selection: work.selection, onStderr: said.take },
  });
  const { take, measured } = measureBytes(work.onBytes);
  const seen = work.seal ? () => {} : take;
  const counted = session.countRows(signal, fingerprints);
  const globals = work.globals({ ...tools, rolePasswords });
  const damaged = checkIndexes ? findDamagedIndexes(target, database, signal) : [];
  for (const other of [counted, globals]) other.catch((error) => broken.abort(error));
  let sequences: SequenceBounds[] = [];
  let head: Buffer | undefined;
  async function fill(part: Buffer): Promise<number> {
    const filled = await source.fill(part, seen);
    head ??= Buffer.from(part.subarray(0, Math.min(filled, MAGIC_BYTES)));
    if (filled === part.length) return filled;
    checkFormat(head, `"${database}"`);
    await Promise.all([counted, globals, damaged]);
    sequences = await session.sequenceBounds();
    return filled;
  }
  try {
    await bring(work.seal ? bodyOf(passing(sealFilled(fill, work.seal), take)) : { fill }, signal);
    const brought = await globals;
    return {
      archive: measured(),
      tables: await counted,
      sequences,
      globals: brought,
      said: `${said.text()}\n${brought.said}`,
      damaged: await damaged,
    };
  } catch (error) {
    broken.abort(error);
    // What was broken off is waited for: nothing runs on.
    await Promise.allSettled([counted, globals, damaged, source.end()]);
    throw signal.reason;
  }
}

async function* passing(bytes: AsyncIterable<Buffer>, take: (bytes: Buffer) => void): AsyncGenerator<Buffer> {
  for await (const chunk of bytes) {
    take(chunk);
    yield chunk;
  }
}

/** What a manifest says of the server, of the database and of its contents. */
export function dumpFacts(
  session: DumpSession,
  { version, major, builtAt }: ClientPrograms,
  { tables, sequences }: Pick<DumpedArchive<Heard>, 'tables' | 'sequences'>,
): DumpFacts {
  return {
    snapshotAt: session.snapshotAt.toISOString(),
    ...(session.mark && { snapshot: session.mark }),
    ...{ server: session.server, source: session.source },
    client: { version, major, ...(builtAt !== undefined && { builtAt }) },
    ...{ tables, sequences, objects: session.objects, largeObjects: session.largeObjects },
  };
}
