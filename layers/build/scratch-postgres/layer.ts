import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '../../backup/errors.ts';
import type { Architecture, DebianPackage, DownloadProgress } from '../../debian/debian-packages.ts';
import { lockFile } from '../../debian/file-lock.ts';
import { type DebianMajor, POSTGRESQL_SUITES } from '../../debian/postgresql.ts';
import { packagesFor } from '../../extensions/needs.ts';
import { useCache } from '../../scratch/cache-use.ts';
import { provideInstallation } from '../../scratch/installation.ts';
import { provideLocales } from '../../scratch/locales.ts';
import { copyServer } from './debian-server.ts';

export interface ScratchLayer {
  /** What is published: its contents appear under `/opt`. */
  readonly dir: string;
  readonly version: string;
  readonly sizeBytes: number;
  /** Why Debian could not be asked for newer packages, where it could not. */
  readonly lookFailure?: string;
}

export interface ScratchBuild {
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

/** Beside the client layers (56 MB) and the function, within Lambda's 250 MiB. */
const MAX_LAYER_BYTES = 200_000_000;
const RECIPE = 3;

/**
 * Builds the Lambda layer of one PostgreSQL server to restore into: `scratch-postgres/` with `bin`, `usr` and `locale`, out
 * of Debian's packages, for either architecture on any machine. One that is there serves until Debian has newer packages
 * for it, or something else is to be in it.
 *
 * @throws {@link ConfigError} if Debian lacks an extension or a locale, cannot be reached, or the layer came out too large
 * @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
export async function buildScratchLayer(build: ScratchBuild): Promise<ScratchLayer> {
  const { major, architecture, stateDir, signal } = build;
  const dir = join(stateDir, 'layers', `scratch-postgres-${major}-${architecture}`);
  await mkdir(join(stateDir, 'layers'), { recursive: true });
  const lock = await lockFile(`${dir}.lock`, { signal });
  const unfinished = `${dir}.unfinished`;
  const use = await useCache(stateDir, signal);
  try {
    const parts = await gather(build);
    const version = versionOf(parts.packages, major);
    const facts = { recipe: RECIPE, version, extensions: build.extensions, locales: build.locales, from: parts.root };
    const failure = parts.lookFailure === undefined ? {} : { lookFailure: parts.lookFailure };
    const there = await readLayer(dir, facts);
    if (there !== undefined) return { dir, version, sizeBytes: there, ...failure };
    await rm(unfinished, { recursive: true, force: true });
    await copyServer({ ...build, ...parts }, join(unfinished, 'scratch-postgres'));
    const sizeBytes = await sizeOf(join(unfinished, 'scratch-postgres'));
    if (sizeBytes > MAX_LAYER_BYTES) throw tooLarge(build, sizeBytes);
    await writeFile(join(unfinished, MARKER), JSON.stringify({ ...facts, sizeBytes }));
    await rm(dir, { recursive: true, force: true });
    await rename(unfinished, dir);
    return { dir, version, sizeBytes, ...failure };
  } finally {
    await rm(unfinished, { recursive: true, force: true });
    await use.end();
    await lock?.release();
  }
}

const MARKER = 'layer.json';

async function gather(build: ScratchBuild) {
  const { major, architecture, extensions, locales, stateDir, mirror, onProgress, signal, lookEveryMs } = build;
  const { packages, lacking } = packagesFor(extensions, major);
  if (lacking.length > 0) throw notInDebian('SCRATCH_EXTENSIONS', lacking, major);
  const place = { architecture, cacheDir: stateDir, mirror, signal };
  const server = await provideInstallation({ ...place, major, packages, onProgress, lookEveryMs });
  const libc = server.packages.find(({ name }) => name === 'libc6')?.version;
  const provided = await provideLocales({ ...place, suite: POSTGRESQL_SUITES[major], libc, names: locales });
  if (provided.lacking.length > 0) throw notInDebian('SCRATCH_LOCALES', provided.lacking, major, provided.failure);
  return {
    root: server.folder,
    localeFolder: provided.folder,
    packages: server.packages,
    lookFailure: server.lookFailure,
  };
}

function notInDebian(variable: string, names: readonly string[], major: number, failure?: string): ConfigError {
  return new ConfigError({
    operation: 'build scratch layer with',
    subject: names.join(', '),
    problem: failure ?? `Debian's packages for PostgreSQL ${major} do not have it`,
    hint: `check ${variable}; docs/extensions.md lists the extensions that there are, and DRILL_DATABASE_URL names a server of your own`,
  });
}

function tooLarge({ major, extensions }: ScratchBuild, sizeBytes: number): ConfigError {
  return new ConfigError({
    operation: 'build scratch layer',
    subject: `PostgreSQL ${major} with ${extensions.join(', ')}`,
    problem: `it has ${sizeBytes} bytes, more than the ${MAX_LAYER_BYTES} that leave room for the others`,
    hint: 'name fewer SCRATCH_EXTENSIONS, or a server of your own in DRILL_DATABASE_URL',
  });
}

function versionOf(packages: readonly DebianPackage[], major: number): string {
  const { version = '' } = packages.find(({ name }) => name === `postgresql-${major}`) ?? {};
  return /^[\d.]+/.exec(version)?.[0] ?? version;
}

/** Its size, if it is what is wanted. */
async function readLayer(dir: string, wanted: object): Promise<number | undefined> {
  try {
    const { sizeBytes, ...facts } = JSON.parse(await readFile(join(dir, MARKER), 'utf8'));
    return JSON.stringify(facts) === JSON.stringify(wanted) ? sizeBytes : undefined;
  } catch {
    return undefined;
  }
}

async function sizeOf(dir: string): Promise<number> {
  const names = await readdir(dir, { recursive: true });
  const sizes = await Promise.all(names.map((name) => stat(join(dir, name))));
  return sizes.reduce((sum, facts) => sum + (facts.isFile() ? facts.size : 0), 0);
}
