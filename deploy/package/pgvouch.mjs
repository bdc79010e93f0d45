#!/usr/bin/env node
/**
 * The program `pgvouch`: in a package the bundles that `npm run build` made, in a checkout the TypeScript, so that what
 * runs there is never older than its sources.
 *
 * Plain JavaScript, and small: the service keeps running in this process.
 */
import { existsSync } from 'node:fs';

/** No `engines` in package.json: npx would warn of the machine's own Node.js, which runs nothing. */
const OLDEST = '22.15';
const checkout = new URL('../../events/cli/pgvouch.mjs', import.meta.url);
const bundle = (name) => new URL(`../../dist/${name}.mjs`, import.meta.url).href;
/** Exactly so it is the service; `pgvouch serve --help`, like everything else, is the command line's. */
const [, , command, option, file] = process.argv;
const serves =
  command === 'serve' && (process.argv.length === 3 || (process.argv.length === 5 && option === '--config'));
const env = serves && file ? { ...process.env, PGVOUCH_CONFIG: file } : process.env;
/** As restore_command calls it, again and again; its help is the command line's, too. */
const fetches = command === 'wal-fetch' && process.argv[3] === '--recovery';

if (isTooOld(process.versions.node)) {
  process.stderr.write(`pgvouch: Node.js ${process.versions.node} is too old\nHint: it needs ${OLDEST} or newer\n`);
  process.exitCode = 2;
} else if (existsSync(checkout)) {
  await import(checkout.href);
} else if (serves) {
  const { main } = await import(bundle('serve'));
  const functionAt = (name) => bundle(`functions/${name}`);
  const modules = { child: bundle('child'), setUp: bundle('set-up'), functionAt };
  process.exitCode = await main(env, modules);
} else {
  const { main } = await import(bundle(fetches ? 'wal-fetch' : 'cli'));
  process.exitCode = await main(process.argv, process.env);
}

function isTooOld(version) {
  const [major, minor] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST.split('.').map(Number);
  return major < oldestMajor || (major === oldestMajor && minor < oldestMinor);
}
