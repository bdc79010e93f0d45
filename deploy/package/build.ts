import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';
import { runTool } from '../../layers/debian/tool.ts';
import { ONE_MODULE } from '../../layers/modules/one-module.mjs';
import { FUNCTION_NAMES } from '../../layers/settings/functions.ts';
import { bytes } from '../../layers/words/sizes.ts';
import { licencesOf } from './licences.ts';
import { bundledPackages, type Sbom, sbomOf } from './sbom.ts';

/**
 * Writes `dist/`, all that a package of pgvouch runs: the command line, the service, and the functions, with everything that
 * they import. So a package has no dependencies, and runs what the lock file says.
 */
const PROJECT = path.resolve(import.meta.dirname, '../..');
const DIST = path.join(PROJECT, 'dist');

const ENTRIES: Readonly<Record<string, string>> = {
  cli: 'events/cli/main.ts',
  'wal-fetch': 'events/cli/wal-fetch-main.ts',
  serve: 'events/serve/main.ts',
  child: 'events/serve/child.mjs',
  'set-up': 'events/serve/set-up.ts',
  ...Object.fromEntries(FUNCTION_NAMES.map((name) => [`functions/${name}`, `functions/${name}/handler.ts`])),
};

await rm(DIST, { recursive: true, force: true });
const { metafile } = await build({
  ...ONE_MODULE,
  // A process loads only what it needs. What several of them need is there once.
  splitting: true,
  chunkNames: 'shared/[hash]',
  entryPoints: ENTRIES,
  outdir: DIST,
  outExtension: { '.js': '.mjs' },
  absWorkingDir: PROJECT,
  metafile: true,
  // They load TypeScript in a checkout. A package has none.
  external: [...(ONE_MODULE.external ?? []), 'esbuild', 'tsx'],
});
for (const [file, output] of Object.entries(metafile.outputs)) {
  process.stdout.write(`${file}  ${bytes(output.bytes)}\n`);
}
const lock = JSON.parse(await readFile(path.join(PROJECT, 'package-lock.json'), 'utf8'));
const packages = bundledPackages(Object.keys(metafile.inputs), lock);
const sbom = sbomOf(await npmSbom(), packages);
await writeFile(path.join(DIST, 'sbom.cdx.json'), `${JSON.stringify(sbom, null, 2)}\n`);
await writeFile(path.join(DIST, 'licences.txt'), await licencesOf(PROJECT, packages));

async function npmSbom(): Promise<Sbom> {
  const args = ['sbom', '--sbom-format=cyclonedx', '--package-lock-only'];
  const { exitCode, stdout, stderr } = await runTool('npm', args, { cwd: PROJECT });
  if (exitCode !== 0) throw new Error(`npm sbom failed: ${stderr}`);
  return JSON.parse(stdout);
}
