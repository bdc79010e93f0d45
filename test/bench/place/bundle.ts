import { readFileSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { deflateRawSync } from 'node:zlib';
import type { Metafile } from 'esbuild';
import type { FunctionName } from '../../../layers/settings/functions.ts';

const PROJECT = path.resolve(import.meta.dirname, '../../..');
const { bundleFunctions: bundleForAws } = createRequire(import.meta.url)('../../../deploy/aws/bundle.cjs') as {
  bundleFunctions(
    folder: string,
    definitions: readonly { handler: string }[],
    zip: (definition: { handler: string }, files: string[], folder: string) => Promise<void>,
  ): Promise<Metafile>;
};

export interface Bundles {
  /** The command line that runs one invocation of a function; see invoke.mjs. */
  invocation(name: FunctionName, event: unknown, flags?: readonly string[]): string[];
  /** The bundle's file. */
  file(name: FunctionName): string;
  /** What is in it, by where it comes from. */
  contents(name: FunctionName): BundleContents;
  remove(): Promise<void>;
}

export interface BundleContents {
  readonly bytes: number;
  /** As in the zip that is deployed. */
  readonly zippedBytes: number;
  /** npm packages and `pgvouch` itself, largest first. */
  readonly packages: readonly { readonly name: string; readonly bytes: number }[];
}

/** Bundles functions as they are deployed: what is measured is what runs on Lambda, not TypeScript on its way. */
export async function bundleFunctions(names: readonly FunctionName[]): Promise<Bundles> {
  const folder = await mkdtemp(path.join(tmpdir(), 'pgvouch-bench-bundles-'));
  const definitions = names.map((name) => ({ handler: `functions/${name}/handler.ts` }));
  const metafile = await bundleForAws(PROJECT, definitions, (_, __, from) => cp(from, folder, { recursive: true }));
  const runner = path.join(import.meta.dirname, 'invoke.mjs');
  const file = (name: FunctionName) => path.join(folder, `functions/${name}/handler.mjs`);
  return {
    invocation: (name, event, flags = []) => [process.execPath, ...flags, runner, file(name), JSON.stringify(event)],
    file,
    contents(name) {
      const code = readFileSync(file(name));
      return {
        bytes: code.length,
        zippedBytes: deflateRawSync(code, { level: 9 }).length,
        packages: packagesIn(metafile, name),
      };
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

function packagesIn(metafile: Metafile, of: FunctionName): { name: string; bytes: number }[] {
  const [, output] =
    Object.entries(metafile.outputs).find(([file]) => file.endsWith(`functions/${of}/handler.mjs`)) ?? [];
  const bytes = new Map<string, number>();
  for (const [input, { bytesInOutput }] of Object.entries(output?.inputs ?? {})) {
    const name = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1] ?? 'pgvouch';
    bytes.set(name, (bytes.get(name) ?? 0) + bytesInOutput);
  }
  return [...bytes].map(([name, size]) => ({ name, bytes: size })).sort((a, b) => b.bytes - a.bytes);
}
