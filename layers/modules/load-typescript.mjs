import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ONE_MODULE } from './one-module.mjs';

const PROJECT = path.resolve(import.meta.dirname, '../..');
const CACHE = path.join(PROJECT, 'node_modules/.cache/pgvouch');

/**
 * Imports a TypeScript module of the project: bundled with everything that it imports, since loading 800 files one by one
 * takes four times as long. The bundle is kept, and made anew when any of its sources changes.
 *
 * Plain JavaScript, because it brings TypeScript along. Where no bundle can be made or kept, a loader does.
 *
 * @param {URL | string} url - the module's
 * @returns {Promise<Record<string, unknown>>} what it exports; modules loaded separately share nothing
 */
export async function load(url) {
  const source = fileURLToPath(url);
  return import((await bundleOf(source)) ?? (await withLoader(source)));
}

/** @returns {Promise<string | undefined>} the bundle's URL */
async function bundleOf(source) {
  const entry = path.relative(PROJECT, source);
  const key = createHash('sha256').update(`${PROJECT} ${entry} ${process.versions.node}`).digest('hex').slice(0, 16);
  const record = path.join(CACHE, `${path.basename(source, '.ts')}-${key}.json`);
  try {
    const kept = await readRecord(record);
    // A source that is gone has changed, too.
    const stamp = kept && (await stampOf(kept.inputs).catch(() => undefined));
    if (kept && stamp === kept.stamp) return pathToFileURL(kept.bundle).href;
    const made = await bundle(entry, record);
    // A process that started a moment ago may be about to read the one before: only an older one goes.
    if (kept?.before) await rm(kept.before, { force: true });
    await replace(record, JSON.stringify({ ...made, before: kept?.bundle }));
    return pathToFileURL(made.bundle).href;
  } catch {
    return undefined;
  }
}

async function readRecord(record) {
  try {
    return JSON.parse(await readFile(record, 'utf8'));
  } catch {
    return undefined;
  }
}

async function bundle(entry, record) {
  const { build } = await import('esbuild');
  const { metafile, outputFiles } = await build({
    ...ONE_MODULE,
    entryPoints: [entry],
    absWorkingDir: PROJECT,
    target: `node${process.versions.node}`,
    external: [...ONE_MODULE.external, 'esbuild', 'tsx'],
    plugins: [{ name: 'places', setup: keepPlaces }],
    write: false,
  });
  // Packages change by installation alone, which rewrites npm's own list.
  const sources = Object.keys(metafile.inputs).filter((input) => !input.includes('node_modules/'));
  const inputs = [...sources, 'node_modules/.package-lock.json', 'tsconfig.json'];
  const stamp = await stampOf(inputs);
  const file = record.replace(/\.json$/, `-${createHash('sha256').update(stamp).digest('hex').slice(0, 16)}.mjs`);
  await mkdir(CACHE, { recursive: true });
  await replace(file, outputFiles[0].contents);
  return { bundle: file, inputs, stamp };
}

/** Modules that ask where they are learn where their source is. */
function keepPlaces({ onLoad }) {
  onLoad({ filter: /\.(ts|mjs)$/ }, async ({ path: file }) => {
    if (file.includes('node_modules')) return undefined;
    const text = await readFile(file, 'utf8');
    const contents = text
      .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(file).href))
      .replaceAll('import.meta.dirname', JSON.stringify(path.dirname(file)));
    return { contents, loader: file.endsWith('.ts') ? 'ts' : 'js' };
  });
}

/** Changes whenever one of the files does. */
async function stampOf(inputs) {
  const states = await Promise.all(inputs.map((input) => stat(path.join(PROJECT, input))));
  return states.map(({ mtimeMs, size }) => `${mtimeMs} ${size}`).join(' ');
}

async function replace(file, contents) {
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, contents);
  await rename(draft, file);
}

async function withLoader(source) {
  const { register } = await import('tsx/esm/api');
  register();
  return pathToFileURL(source).href;
}
