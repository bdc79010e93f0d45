import path from 'node:path';

const NODE_HTTP = path.join(import.meta.dirname, 'node-http.cjs');

/**
 * How esbuild makes one ES module of a program and all that it imports, packages too.
 *
 * @type {import('esbuild').BuildOptions}
 */
export const ONE_MODULE = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node22.15', // the oldest that deploy/package/pgvouch.mjs allows
  mainFields: ['module', 'main'],
  external: ['pg-native'], // pg tries it and does without
  alias: { http: NODE_HTTP, 'node:http': NODE_HTTP },
  // pg and pino are CommonJS: bundled into a module they still expect these three.
  banner: {
    js: [
      "import { createRequire as __createRequire } from 'node:module';",
      'const require = __createRequire(import.meta.url);',
      'const __filename = import.meta.filename;',
      'const __dirname = import.meta.dirname;',
    ].join('\n'),
  },
  keepNames: true, // errors are distinguished by name; not minified, so that stack traces can be read
  legalComments: 'none',
  logLevel: 'silent',
  metafile: true,
};
