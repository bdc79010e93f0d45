import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '../../backup/errors.ts';
import { lockFile } from '../../debian/file-lock.ts';
import { useCache } from '../../scratch/cache-use.ts';
import { copyServer } from './debian-server.ts';
import { gatherServer, type ServerParts, type ServerRequest } from './gather.ts';

export interface ScratchLayer {
  /** What is published: its contents appear under `/opt`. */
  readonly dir: string;
  readonly version: string;
  readonly sizeBytes: number;
  /** Extensions that were asked for and have no room in it. */
  readonly left: readonly string[];
  /** Why Debian could not be asked for newer packages, where it could not. */
  readonly lookFailure?: string;
}

/** Beside the client layers (56 MB) and the function, within Lambda's 250 MiB. */
const MAX_LAYER_BYTES = 200_000_000;
const RECIPE = 5;

/**
 * Builds the Lambda layer of one PostgreSQL server to restore into: `scratch-postgres/` with `bin`, `usr` and `locale`, out
 * of Debian's packages, for either architecture on any machine. One that is there serves until Debian has newer packages
 * for it, or something else is to be in it.
 *
 * If the extensions do not fit all, those fit first that are named first.
 *
 * @throws {@link ConfigError} if Debian lacks an extension or a locale, cannot be reached, or the locales alone are too large
 * @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
export async function buildScratchLayer(build: ServerRequest, mostBytes = MAX_LAYER_BYTES): Promise<ScratchLayer> {
  const { major, architecture, stateDir, signal } = build;
  const dir = join(stateDir, 'layers', `scratch-postgres-${major}-${architecture}`);
  await mkdir(join(stateDir, 'layers'), { recursive: true });
  const lock = await lockFile(`${dir}.lock`, { signal });
  const unfinished = `${dir}.unfinished`;
  const use = await useCache(stateDir, signal);
  try {
    const parts = await gatherServer(build);
    const { version } = parts;
    const facts = { recipe: RECIPE, version, extensions: build.extensions, locales: build.locales, from: parts.root };
    const failure = parts.lookFailure === undefined ? {} : { lookFailure: parts.lookFailure };
    const layer = { dir, version, ...failure };
    const there = await readLayer(dir, facts);
    if (there !== undefined) return { ...layer, ...there };
    const fitting = await copyWhatFits(build, parts, join(unfinished, 'scratch-postgres'), mostBytes);
    await writeFile(join(unfinished, MARKER), JSON.stringify({ ...facts, ...fitting }));
    await rm(dir, { recursive: true, force: true });
    await rename(unfinished, dir);
    return { ...layer, ...fitting };
  } finally {
    await rm(unfinished, { recursive: true, force: true });
    await use.end();
    await lock?.release();
  }
}

const MARKER = 'layer.json';

type Fitting = Pick<ScratchLayer, 'sizeBytes' | 'left'>;

/** How large an extension is turns out only when it is there, with all that its packages need. */
async function copyWhatFits(
  build: ServerRequest,
  whole: ServerParts,
  into: string,
  mostBytes: number,
): Promise<Fitting> {
  const copy = async (extensions: readonly string[], parts?: ServerParts) => {
    await rm(into, { recursive: true, force: true });
    await copyServer({ ...build, ...(parts ?? (await gatherServer({ ...build, extensions }))), extensions }, into);
    return sizeOf(into);
  };
  const sizeBytes = await copy(build.extensions, whole);
  if (sizeBytes <= mostBytes) return { sizeBytes, left: [] };
  const fitting: string[] = [];
  for (const name of build.extensions) {
    if ((await copy([...fitting, name])) <= mostBytes) fitting.push(name);
  }
  const least = await copy(fitting);
  if (least > mostBytes) throw tooLarge(build, least, mostBytes);
  return { sizeBytes: least, left: build.extensions.filter((name) => !fitting.includes(name)) };
}

function tooLarge({ major, locales }: ServerRequest, sizeBytes: number, mostBytes: number): ConfigError {
  return new ConfigError({
    operation: 'build scratch layer',
    subject: `PostgreSQL ${major} with ${locales.join(', ')}`,
    problem: `it has ${sizeBytes} bytes, more than the ${mostBytes} that leave room for the others`,
    hint: 'name fewer SCRATCH_LOCALES',
  });
}

/** Its size and what it lacks, if it is what is wanted. */
async function readLayer(dir: string, wanted: object): Promise<Fitting | undefined> {
  try {
    const { sizeBytes, left, ...facts } = JSON.parse(await readFile(join(dir, MARKER), 'utf8'));
    return JSON.stringify(facts) === JSON.stringify(wanted) ? { sizeBytes, left } : undefined;
  } catch {
    return undefined;
  }
}

async function sizeOf(dir: string): Promise<number> {
  const names = await readdir(dir, { recursive: true });
  const sizes = await Promise.all(names.map((name) => stat(join(dir, name))));
  return sizes.reduce((sum, facts) => sum + (facts.isFile() ? facts.size : 0), 0);
}
