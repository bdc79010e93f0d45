#!/usr/bin/env node
/** The command line. Plain JavaScript, because it brings the TypeScript loader along. */
try {
  const { register } = await import('tsx/esm/api');
  register();
} catch {
  process.stderr.write('pgvouch: its packages are not installed\nHint: run npm ci in its folder\n');
  process.exit(2);
}
const { main } = await import('./main.ts');
process.exitCode = await main(process.argv, process.env);
