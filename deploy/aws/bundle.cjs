const { copyFile, mkdtemp, rm, writeFile } = require('node:fs/promises');
const { existsSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');
const { SETTINGS_NAME } = require('./settings.cjs');

/**
 * Bundles functions, each with everything it imports, the AWS SDK too (which one a runtime has is not ours to say), into
 * one ES module at its handler's path. One build does it: what they share is read once.
 *
 * @param zip - called for each with its definition, absolute paths and the folder that the zip's names start from; they are
 *   removed afterwards
 * @param along - what goes along, by definition: `settings`, the variables in a file, and `files` of this machine; none by default
 * @returns esbuild's account of what is in the bundles
 * @throws if esbuild finds an import that does not resolve, or a syntax error
 */
async function bundleFunctions(serviceDir, definitions, zip, along = () => ({})) {
  // Loaded here: `npm start` reads serverless.yml too, and bundles nothing.
  const { build } = require('esbuild');
  const sources = definitions.map(({ handler }) => handler.replace(/\.\w+$/, ''));
  const folder = await mkdtemp(path.join(tmpdir(), 'pgvouch-bundle-'));
  try {
    const { ONE_MODULE } = await import('../../layers/modules/one-module.mjs');
    const { metafile } = await build({
      ...ONE_MODULE,
      entryPoints: Object.fromEntries(sources.map((source) => [source, path.join(serviceDir, `${source}.ts`)])),
      outdir: folder,
      outExtension: { '.js': '.mjs' },
    });
    for (const [index, definition] of definitions.entries()) {
      const outfile = path.join(folder, `${sources[index]}.mjs`);
      const { settings, files = [] } = along(definition);
      const beside = [
        ...(await certificate(definition, folder)),
        ...(await settingsFile(settings, folder)),
        ...(await copies(files, folder)),
      ];
      await zip(definition, [outfile, ...beside], folder);
    }
    return metafile;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** PGSSLROOTCERT as a file of this machine goes along, since Lambda has no other; any other value is left as it is. */
async function certificate({ environment = {} }, folder) {
  const file = environment.PGSSLROOTCERT;
  if (!file || !existsSync(file)) return [];
  const copy = path.join(folder, 'postgres-ca.pem');
  await copyFile(file, copy);
  environment.PGSSLROOTCERT = '/var/task/postgres-ca.pem';
  return [copy];
}

/** What is too long for the environment of a function. */
async function settingsFile(settings, folder) {
  if (settings === undefined) return [];
  const file = path.join(folder, SETTINGS_NAME);
  await writeFile(file, JSON.stringify(settings));
  return [file];
}

/** The root of the zip is the root of the function's folder, wherever they are here. */
async function copies(files, folder) {
  return Promise.all(
    files.map(async ({ from, name }) => {
      const copy = path.join(folder, name);
      await copyFile(from, copy);
      return copy;
    }),
  );
}

module.exports = { bundleFunctions };
