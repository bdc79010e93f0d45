import { releaseOf, shortVersion } from '../../../layers/backup/release.ts';
import { buildPgClientLayer, type PgClientLayer, pgClientMajors } from '../../../layers/build/pg-client/layer.ts';
import { hostArchitecture } from '../../../layers/debian/debian-packages.ts';
import { type ClientPrograms, findClientPrograms } from '../../../layers/postgres/programs/client-programs.ts';
import { age } from '../../../layers/words/spans.ts';
import type { Progress } from '../../../layers/words/terminal.ts';

/** Where client programs are, or are brought to and from where. */
export interface ClientPlace {
  readonly clientDir: string | undefined;
  readonly cacheDir: string;
  readonly debianMirror: string | undefined;
}

/** Where the client programs are, and how they stand. */
export interface ClientFolders {
  /** The value of `PG_CLIENT_DIR` for the functions. */
  readonly folders: string;
  readonly programs: readonly ClientPrograms[];
  /** Why nobody could look for newer ones, where nobody could. */
  readonly remark: string | undefined;
}

interface ClientBuild extends ClientPlace {
  /** Ask Debian for newer ones, unless its last answer is younger than this; by default what is there serves. */
  readonly lookEveryMs?: number;
}

/**
 * The configured client programs, or those of the published layers: built if they are not there, and built again if
 * Debian has newer ones by now.
 *
 * @throws {@link ConfigError} if there are no programs in the configured folders, or they cannot be fetched
 */
export async function clientFolders(
  { clientDir, cacheDir, debianMirror, lookEveryMs }: ClientBuild,
  onProgress: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<ClientFolders> {
  if (clientDir !== undefined) return { folders: clientDir, programs: await findIn(clientDir), remark: undefined };
  const build = { stateDir: cacheDir, architecture: hostArchitecture(), mirror: debianMirror, lookEveryMs };
  const layers = await Promise.all(
    pgClientMajors.map((major) => buildPgClientLayer({ ...build, major, onProgress, signal })),
  );
  const folders = layers.map(({ root }) => root).join(':');
  return { folders, programs: await findIn(folders), remark: remarkOn(layers) };
}

/** `PostgreSQL 15.20 (14 d old), 17.12 (14 d old)`, for people. */
export function describeClients(programs: readonly ClientPrograms[], now: Date): string {
  const each = programs.map(({ version, builtAt }) =>
    builtAt === undefined ? version : `${version} (${age(now.getTime() - Date.parse(builtAt))} old)`,
  );
  return `PostgreSQL ${each.join(', ')}`;
}

/** Whether a server has repairs that all programs of its major lack: then there may be newer ones than a moment ago. */
export function lagBehind(programs: readonly ClientPrograms[], serverVersion: string): boolean {
  const server = releaseOf(serverVersion);
  const minors = programs.filter(({ major }) => major === server.major).map(({ version }) => releaseOf(version).minor);
  return minors.length > 0 && Math.max(...minors) < server.minor;
}

function remarkOn(layers: readonly PgClientLayer[]): string | undefined {
  const failed = layers.find(({ lookFailure }) => lookFailure !== undefined);
  if (failed === undefined) return undefined;
  const held = layers.map(({ manifest }) => shortVersion(manifest.version)).join(', ');
  return `Could not check for client programs newer than ${held}: ${failed.lookFailure}`;
}

function findIn(folders: string): Promise<readonly ClientPrograms[]> {
  return findClientPrograms(folders.split(':').filter((folder) => folder !== ''));
}
