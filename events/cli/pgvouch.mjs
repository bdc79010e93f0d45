#!/usr/bin/env node
/** The command line, and the service. Plain JavaScript, because it brings TypeScript along. */
import { load } from '../../layers/modules/load-typescript.mjs';

const at = (path) => new URL(path, import.meta.url).href;
// Exactly so: everything else, and its help, is the command line's. The service loads nothing of that.
const [, , command, option, file] = process.argv;
const serves =
  command === 'serve' && (process.argv.length === 3 || (process.argv.length === 5 && option === '--config'));
const env = serves && file ? { ...process.env, PGVOUCH_CONFIG: file } : process.env;
const loaded = await load(at(serves ? '../serve/main.ts' : './main.ts')).catch((error) => {
  if (error?.code !== 'ERR_MODULE_NOT_FOUND') throw error;
  process.stderr.write('pgvouch: its packages are not installed\nHint: run npm ci in its folder\n');
  process.exit(2);
});
const modules = {
  ...{ child: at('../serve/child.mjs'), setUp: at('../serve/set-up.ts') },
  functionAt: (name) => at(`../../functions/${name}/handler.ts`),
};
process.exitCode = serves ? await loaded.main(env, modules) : await loaded.main(process.argv, process.env);
