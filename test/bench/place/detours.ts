import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { makeScratchFolder } from '../../../layers/postgres/places/scratch-folder.ts';
import { startScratchServer } from '../../../layers/postgres/places/scratch-server.ts';
import { shellWord } from '../../../layers/words/shell.ts';

/** Other programs in the place of PostgreSQL's: they start those, with what is asked of them changed on the way. */

export interface ServerDetour {
  /** Overrule what the server is started with, and its defaults. */
  readonly settings: Readonly<Record<string, string>>;
  /** Whether clusters may be kept in it, so that initdb runs once. */
  readonly keepsClusters: boolean;
}

/**
 * An installation whose server gets further settings.
 *
 * @param folder - there and empty
 * @param installation - one of npm's
 * @returns its folder, and the file that all its servers append to what they write
 */
export function detourServer(
  folder: string,
  installation: string,
  { settings, keepsClusters }: ServerDetour,
): { readonly installation: string; readonly logFile: string } {
  const logFile = path.join(folder, 'server.log');
  writeFileSync(logFile, '');
  // The server runs as another user where we are root.
  chmodSync(folder, 0o755);
  chmodSync(logFile, 0o666);
  // The list of links leads to the folder by this name.
  const detour = path.join(folder, 'native');
  mkdirSync(path.join(detour, 'bin'), { recursive: true });
  for (const part of ['lib', 'share', 'bin/initdb', ...(keepsClusters ? ['pg-symlinks.json'] : [])]) {
    if (existsSync(path.join(installation, part))) symlinkSync(path.join(installation, part), path.join(detour, part));
  }
  const more = Object.entries(settings).map(([name, value]) => `-c ${shellWord(`${name}=${value}`)}`);
  const server = shellWord(path.join(installation, 'bin/postgres'));
  program(path.join(detour, 'bin/postgres'), `exec ${server} "$@" ${more.join(' ')} 2>> ${shellWord(logFile)}`);
  return { installation: detour, logFile };
}

/** Has a cluster kept in an installation, as any drill but the first one finds it. */
export async function keepCluster(installation: string): Promise<void> {
  const { folder, remove } = await makeScratchFolder(tmpdir());
  try {
    const server = await startScratchServer({ installation, folder, jobs: 1, signal: new AbortController().signal });
    await server.end();
  } finally {
    remove();
  }
}

/**
 * Client programs whose pg_restore gets other arguments.
 *
 * @param bin - the folder of the programs
 * @param cases - of the shell's `case` for each argument `$a`: `--jobs=*) a=--jobs=1;;`
 */
export function detourRestore(folder: string, bin: string, cases: string): string {
  mkdirSync(folder);
  for (const name of ['pg_dump', 'pg_dumpall']) symlinkSync(path.join(bin, name), path.join(folder, name));
  program(
    path.join(folder, 'pg_restore'),
    `for a; do shift; case "$a" in ${cases} esac; set -- "$@" "$a"; done; exec ${shellWord(path.join(bin, 'pg_restore'))} "$@"`,
  );
  return folder;
}

function program(file: string, line: string): void {
  writeFileSync(file, `#!/bin/sh\n${line}\n`);
  chmodSync(file, 0o755);
}
