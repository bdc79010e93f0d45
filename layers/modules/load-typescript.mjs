import { createHash, randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { enableCompileCache } from 'node:module';
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
  // What V8 compiled is kept, too: that takes a start a quarter of its time.
  enableCompileCache(path.join(CACHE, 'compiled'));
  const source = fileURLToPath(url);
  return import((await bundleOf(source)) ?? (await withLoader(source)));
}

/**
 * Makes the bundles of several modules ahead, if one of them is to be made: in one go, since reading what they share takes
 * half of the time.
 *
 * @param {readonly (URL | string)[]} urls
 */
export async function bundleAhead(urls) {
  const places = urls.map((url) => placeOf(fileURLToPath(url)));
  const fresh = await Promise.all(places.map(async ({ record }) => isFresh(await readRecord(record))));
  if (fresh.includes(false)) await makeBundles(places);
}

/** @returns {Promise<string | undefined>} the bundle's URL */
async function bundleOf(source) {
  const place = placeOf(source);
  try {
    const kept = await readRecord(place.record);
    if (await isFresh(kept)) return pathToFileURL(kept.bundle).href;
    const [made] = await makeBundles([place]);
    return pathToFileURL(made).href;
  } catch {
    return undefined;
  }
}

/** Where the record of a module's bundle is kept: its sources, and what they were like. */
function placeOf(source) {
  const entry = path.relative(PROJECT, source);
  const key = createHash('sha256').update(`${PROJECT} ${entry} ${process.versions.node}`).digest('hex').slice(0, 16);
  return { entry, record: path.join(CACHE, `${path.basename(source, '.ts')}-${key}.json`) };
}

/** A source that is gone has changed, too. */
async function isFresh(kept) {
  return kept !== undefined && (await stampOf(kept.inputs).catch(() => undefined)) === kept.stamp;
}

async function readRecord(record) {
  try {
    return JSON.parse(await readFile(record, 'utf8'));
  } catch {
    return undefined;
  }
}

/** @returns {Promise<string[]>} the bundles' files */
async function makeBundles(places) {
  const { build } = await import('esbuild');
  const { metafile, outputFiles } = await build({
    ...ONE_MODULE,
    entryPoints: places.map(({ entry }, index) => ({ in: entry, out: String(index) })),
    outdir: CACHE,
    absWorkingDir: PROJECT,
    target: `node${process.versions.node}`,
    external: [...ONE_MODULE.external, 'esbuild', 'tsx'],
    plugins: [{ name: 'places', setup: keepPlaces }],
    write: false,
  });
  // Packages change by installation alone, which rewrites npm's own list.
  const sources = Object.keys(metafile.inputs).filter((input) => !input.includes('node_modules/'));
  const how = ['layers/modules/one-module.mjs', 'node_modules/.package-lock.json', 'tsconfig.json'];
  const inputs = [...sources, ...how];
  const stamp = await stampOf(inputs);
  const suffix = createHash('sha256').update(stamp).digest('hex').slice(0, 16);
  await mkdir(CACHE, { recursive: true });
  return Promise.all(
    places.map(async ({ record }, index) => {
      const bundle = record.replace(/\.json$/, `-${suffix}.mjs`);
      const { contents } = outputFiles.find((file) => path.basename(file.path) === `${index}.js`);
      const kept = await readRecord(record);
      await replace(bundle, contents);
      // Others may have made the same meanwhile. A process that started a moment ago may be about to read the one before:
      // only an older one goes.
      const before = kept?.bundle === bundle ? kept.before : kept?.bundle;
      if (kept?.before && ![before, bundle].includes(kept.before)) await rm(kept.before, { force: true });
      await replace(record, JSON.stringify({ bundle, inputs, stamp, before }));
      return bundle;
    }),
  );
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

/** Changes whenever one of the files does. Each start looks at hundreds of them, which takes threads four times as long. */
async function stampOf(inputs) {
  const states = inputs.map((input) => statSync(`${PROJECT}/${input}`));
  return states.map(({ mtimeMs, size }) => `${mtimeMs} ${size}`).join(' ');
}

async function replace(file, contents) {
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, contents);
  await rename(draft, file);
}

async function withLoader(source) {
  const { register } = await import('tsx/esm/api');
  register();
  return pathToFileURL(source).href;
}
