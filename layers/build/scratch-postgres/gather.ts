import { ConfigError } from '../../backup/errors.ts';
import type { Architecture, DebianPackage, DownloadProgress } from '../../debian/debian-packages.ts';
import { type DebianMajor, POSTGRESQL_SUITES } from '../../debian/postgresql.ts';
import { packagesFor } from '../../extensions/needs.ts';
import { provideInstallation } from '../../scratch/installation.ts';
import { provideLocales } from '../../scratch/locales.ts';

/** A server to restore into, and what is to be in it. */
export interface ServerRequest {
  readonly major: DebianMajor;
  readonly architecture: Architecture;
  /** Beside those that come with PostgreSQL. */
  readonly extensions: readonly string[];
  /** Of the C library, beside `C.UTF-8`: `en_US.UTF-8`. */
  readonly locales: readonly string[];
  readonly stateDir: string;
  readonly mirror?: string | undefined;
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  readonly signal?: AbortSignal;
  /** Ask Debian for newer packages, unless its last answer is younger than this; by default what is there serves. */
  readonly lookEveryMs?: number;
}

/** What a server is copied from. */
export interface ServerParts {
  readonly root: string;
  readonly localeFolder: string;
  readonly packages: readonly DebianPackage[];
  /** PostgreSQL's own: `18.6`. */
  readonly version: string;
  /** Why Debian could not be asked for newer packages, where it could not. */
  readonly lookFailure?: string;
}

/**
 * Brings all that a server is copied from, with the extensions and locales that it was asked for.
 *
 * @throws {@link ConfigError} if Debian lacks an extension or a locale, or cannot be reached
 */
export async function gatherServer(build: ServerRequest): Promise<ServerParts> {
  const { major, architecture, extensions, locales, stateDir, mirror, onProgress, signal, lookEveryMs } = build;
  const { packages, lacking } = packagesFor(extensions, major);
  if (lacking.length > 0) throw notInDebian('SCRATCH_EXTENSIONS', lacking, major);
  const place = { architecture, cacheDir: stateDir, mirror, signal };
  const server = await provideInstallation({ ...place, major, packages, exact: true, onProgress, lookEveryMs });
  const libc = server.packages.find(({ name }) => name === 'libc6')?.version;
  const provided = await provideLocales({ ...place, suite: POSTGRESQL_SUITES[major], libc, names: locales });
  if (provided.lacking.length > 0) throw notInDebian('SCRATCH_LOCALES', provided.lacking, major, provided.failure);
  const { folder: root, lookFailure } = server;
  const { version: whole = '' } = server.packages.find(({ name }) => name === `postgresql-${major}`) ?? {};
  const version = /^[\d.]+/.exec(whole)?.[0] ?? whole;
  const facts = { root, localeFolder: provided.folder, packages: server.packages, version };
  return { ...facts, ...(lookFailure !== undefined && { lookFailure }) };
}

function notInDebian(variable: string, names: readonly string[], major: number, failure?: string): ConfigError {
  return new ConfigError({
    operation: 'make a scratch server with',
    subject: names.join(', '),
    problem: failure ?? `Debian's packages for PostgreSQL ${major} do not have it`,
    hint: `check ${variable}; docs/extensions.md lists the extensions that there are, and DRILL_DATABASE_URL names a server of your own`,
  });
}
