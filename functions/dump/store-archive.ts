import { partSizeFor } from '../../layers/backup/part-size.ts';
import { selectionArguments } from '../../layers/backup/selection.ts';
import { type DumpedArchive, type DumpWork, dumpArchive } from '../../layers/dumping/dump-archive.ts';
import type { Patience } from '../../layers/vault/patience.ts';
import type { BroughtGlobals } from './bring-globals.ts';
import type { DumpDeps, DumpRequest } from './request.ts';

type Tools = Pick<DumpWork<BroughtGlobals>, 'session' | 'client' | 'target' | 'compression' | 'globals'> & {
  readonly key: string;
  readonly patience: Patience;
};

/** Streams pg_dump into the vault: see {@link dumpArchive}. Whatever fails fails the upload and leaves no object. */
export async function storeArchive(
  { vault, onProgress, recipients }: DumpDeps,
  { database, deadline, lockTimeoutMs, fingerprints = false, checkIndexes = false, selection = [] }: DumpRequest,
  { key, patience, ...tools }: Tools,
): Promise<DumpedArchive<BroughtGlobals>> {
  const { sizeBytes: expectedBytes, extensions } = tools.session.source;
  const work = {
    ...{ ...tools, database, lockTimeoutMs, fingerprints, checkIndexes, signal: deadline.signal },
    selection: selectionArguments(selection, extensions.length > 0),
    seal: await recipients?.begin(),
    onBytes: (sentBytes: number) => onProgress({ database, sentBytes, expectedBytes }),
  };
  return dumpArchive(work, (archive, signal) => {
    const partSizeBytes = partSizeFor(expectedBytes, vault.config.maxParts);
    return vault.upload(key, archive, { partSizeBytes, signal, patience });
  });
}
