const { copyFile, mkdtemp, rm } = require('node:fs/promises');
const { existsSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');

/**
 * Bundles one function with everything it imports, the AWS SDK too (which one a runtime has is not ours to say), into
 * one ES module at its handler's path, and hands the files to `zip` before they are removed again.
 *
 * @param zip - called with absolute paths and the folder that the zip's names start from
 * @returns esbuild's account of what is in the bundle
 * @throws if esbuild finds an import that does not resolve, or a syntax error
 */
async function bundleFunction(serviceDir, definition, zip) {
  // Loaded here: `npm start` reads serverless.yml too, and bundles nothing.
  const { build } = require('esbuild');
  const source = definition.handler.replace(/\.\w+$/, '');
  const folder = await mkdtemp(path.join(tmpdir(), 'pgvouch-bundle-'));
  const outfile = path.join(folder, `${source}.mjs`);
  try {
    const { ONE_MODULE } = await import('../../layers/modules/one-module.mjs');
    const { metafile } = await build({
      ...ONE_MODULE,
      entryPoints: [path.join(serviceDir, `${source}.ts`)],
      outfile,
    });
    await zip([outfile, ...(await certificate(definition, folder))], folder);
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

module.exports = { bundleFunction };
