import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '../../backup/errors.ts';
import { lockFile } from '../../debian/file-lock.ts';
import { useCache } from '../../scratch/cache-use.ts';
import { copyServer } from './debian-server.ts';
import { gatherServer, type ServerRequest } from './gather.ts';

export interface ScratchLayer {
  /** What is published: its contents appear under `/opt`. */
  readonly dir: string;
  readonly version: string;
  readonly sizeBytes: number;
  /** Why Debian could not be asked for newer packages, where it could not. */
  readonly lookFailure?: string;
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
export async function buildScratchLayer(build: ServerRequest): Promise<ScratchLayer> {
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

function tooLarge({ major, extensions }: ServerRequest, sizeBytes: number): ConfigError {
  return new ConfigError({
    operation: 'build scratch layer',
    subject: `PostgreSQL ${major} with ${extensions.join(', ')}`,
    problem: `it has ${sizeBytes} bytes, more than the ${MAX_LAYER_BYTES} that leave room for the others`,
    hint: 'name fewer SCRATCH_EXTENSIONS, and verify databases with the others in a task (VERIFY_ON=fargate with TASK_SCRATCH_EXTENSIONS) or on a server of your own (DRILL_DATABASE_URL)',
  });
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
