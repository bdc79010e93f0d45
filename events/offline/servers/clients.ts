import { hostArchitecture } from '../../../layers/build/debian/debian-packages.ts';
import { buildPgClientLayer, pgClientMajors } from '../../../layers/build/pg-client/layer.ts';
import { findClientPrograms } from '../../../layers/postgres/programs/client-programs.ts';
import type { Progress } from '../../../layers/words/terminal.ts';

/** Where client programs are, or are brought to and from where. */
export interface ClientPlace {
  readonly clientDir: string | undefined;
  readonly cacheDir: string;
  readonly debianMirror: string | undefined;
}

/**
 * The value of `PG_CLIENT_DIR` for the functions: the configured one, or the programs of the published layers, built if
 * they are not there.
 *
 * @throws {@link ConfigError} if there are no programs in the configured folders, or they cannot be brought
 */
export async function clientFolders(
  { clientDir, cacheDir, debianMirror }: ClientPlace,
  onProgress: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<string> {
  if (clientDir !== undefined) {
    await findClientPrograms(clientDir.split(':').filter((folder) => folder !== ''));
    return clientDir;
  }
  const architecture = hostArchitecture();
  const layers = await Promise.all(
    pgClientMajors.map((major) =>
      buildPgClientLayer({ major, architecture, stateDir: cacheDir, mirror: debianMirror, onProgress, signal }),
    ),
  );
  return layers.map(({ root }) => root).join(':');
}
