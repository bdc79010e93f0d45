import { cp, mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';

const PROJECT = path.resolve(import.meta.dirname, '../..');
const { bundleFunction } = createRequire(import.meta.url)('../../events/aws/bundle.cjs') as {
  bundleFunction(
    folder: string,
    definition: { handler: string },
    zip: (files: string[], folder: string) => Promise<void>,
  ): Promise<void>;
};

export interface Bundles {
  /** The command line that runs one invocation of a function; see invoke.mjs. */
  invocation(name: string, event: unknown, flags?: readonly string[]): string[];
  remove(): Promise<void>;
}

/** Bundles functions as they are deployed: what is measured is what runs on Lambda, not TypeScript on its way. */
export async function bundleFunctions(names: readonly string[]): Promise<Bundles> {
  const folder = await mkdtemp(path.join(tmpdir(), 'pgvouch-bench-bundles-'));
  for (const name of names) {
    const handler = `functions/${name}/handler.ts`;
    await bundleFunction(PROJECT, { handler }, (_, from) => cp(from, folder, { recursive: true }));
  }
  const runner = path.join(import.meta.dirname, 'invoke.mjs');
  return {
    invocation: (name, event, flags = []) => [
      ...[process.execPath, ...flags, runner],
      ...[path.join(folder, `functions/${name}/handler.mjs`), JSON.stringify(event)],
    ],
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
