const Module = require('node:module');
const path = require('node:path');
const { buildSync } = require('esbuild');

/**
 * What a TypeScript module exports, at once, for CommonJS files that cannot wait: those of the Serverless Framework. Its
 * packages are loaded as they are.
 *
 * @param {string} file - absolute
 * @returns {Record<string, any>} modules loaded separately share nothing
 */
function requireTypeScript(file) {
  const { outputFiles } = buildSync({
    entryPoints: [file],
    bundle: true,
    packages: 'external',
    format: 'cjs',
    platform: 'node',
    target: `node${process.versions.node}`,
    write: false,
    logLevel: 'silent',
  });
  const loaded = new Module(file);
  loaded.filename = file;
  loaded.paths = Module._nodeModulePaths(path.dirname(file));
  loaded._compile(outputFiles[0].text, file);
  return loaded.exports;
}

module.exports = { requireTypeScript };
