#!/usr/bin/env node
/** The command line. Plain JavaScript, because it brings TypeScript along. */
import { load } from '../../layers/modules/load-typescript.mjs';

const loaded = await load(new URL('./main.ts', import.meta.url)).catch((error) => {
  if (error?.code !== 'ERR_MODULE_NOT_FOUND') throw error;
  process.stderr.write('pgvouch: its packages are not installed\nHint: run npm ci in its folder\n');
  process.exit(2);
});
process.exitCode = await loaded.main(process.argv, process.env);
