import type { SequenceBounds } from '../../layers/backup/manifest.ts';
import { partSizeFor } from '../../layers/backup/part-size.ts';
import { selectionArguments } from '../../layers/backup/selection.ts';
import { keepBeginning } from '../../layers/postgres/complaints/heard.ts';
import { withPassword } from '../../layers/postgres/connect/password.ts';
import type { ConnectionTarget } from '../../layers/postgres/connect/target.ts';
import { findDamagedIndexes } from '../../layers/postgres/contents/damaged-indexes.ts';
import type { DumpSession } from '../../layers/postgres/contents/dump-session.ts';
import type { ClientPrograms } from '../../layers/postgres/programs/client-programs.ts';
import { pgDump, pgDumpGlobals } from '../../layers/postgres/programs/pg-dump.ts';
import { measureBytes } from '../../layers/vault/measure-bytes.ts';
import type { Patience } from '../../layers/vault/patience.ts';
import { checkFormat, MAGIC_BYTES } from './archive-format.ts';
import type { DumpDeps, DumpRequest } from './request.ts';

interface Tools {
  readonly client: ClientPrograms;
  readonly target: ConnectionTarget;
  readonly compression: string;
}

/**
 * Streams pg_dump into the vault while rows are counted and globals read. The archive's end waits for all of it, so
 * that whatever fails fails the upload and leaves no object; and whatever fails first ends the others.
 */
export async function storeArchive(
  { vault, onProgress }: DumpDeps,
  { database, deadline, lockTimeoutMs, fingerprints, checkIndexes, selection = [] }: DumpRequest,
  session: DumpSession,
  { key, patience, client, compression, target: logIn }: Tools & { readonly key: string; readonly patience: Patience },
) {
  const tools = { client, compression, target: await withPassword(logIn, database) };
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
  const { take, measured } = measureBytes((sentBytes) => onProgress({ database, sentBytes, expectedBytes }));
  const counted = session.countRows(signal, fingerprints ?? false);
  const globals = pgDumpGlobals({ ...tools, database, rolePasswords, programOptions, signal });
  const damaged = checkIndexes ? findDamagedIndexes(logIn, database, signal) : [];
  for (const other of [counted, globals]) other.catch((error) => work.abort(error));
  let sequences: SequenceBounds[] = [];
  let head: Buffer | undefined;
  async function fill(part: Buffer): Promise<number> {
    const filled = await source.fill(part, take);
    head ??= Buffer.from(part.subarray(0, Math.min(filled, MAGIC_BYTES)));
    if (filled === part.length) return filled;
    checkFormat(head, `"${database}"`);
    await Promise.all([counted, globals, damaged]);
    sequences = await session.sequenceBounds();
    return filled;
  }
  try {
    const partSizeBytes = partSizeFor(expectedBytes, vault.config.maxParts);
    await vault.upload(key, { fill }, { partSizeBytes, signal, patience });
    const { sql, said: saidOfGlobals } = await globals;
    const allSaid = `${said.text()}\n${saidOfGlobals}`;
    return {
      archive: measured(),
      tables: await counted,
      sequences,
      globals: sql,
      said: allSaid,
      damaged: await damaged,
    };
  } catch (error) {
    work.abort(error);
    // What was broken off is waited for: nothing runs on.
    await Promise.allSettled([counted, globals, damaged, source.end()]);
    throw signal.reason;
  }
}
