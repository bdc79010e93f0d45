import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { ONE_MODULE } from '../../../layers/modules/one-module.mjs';
import type { ConnectionTarget } from '../../../layers/postgres/connect/target.ts';
import type { Vault } from '../../../layers/vault/vault.ts';
import { variablesOf } from '../../support/servers/command-line.ts';

/** The real handler of a function, bundled as it is deployed. */
export async function bundleWal(folder: string, name: 'wal' | 'base' = 'wal'): Promise<string> {
  const outfile = path.join(folder, `${name}.mjs`);
  const handler = path.resolve(import.meta.dirname, `../../../functions/${name}/handler.ts`);
  await build({ ...ONE_MODULE, metafile: false, entryPoints: [handler], outfile });
  return outfile;
}

export interface WalProcess {
  readonly child: ChildProcess;
  /** The handler is about to begin, or will never. */
  readonly loaded: Promise<void>;
  /** Its exit code, or null if it was killed, and what it wrote. */
  readonly ended: Promise<{ readonly exitCode: number | null; readonly said: string }>;
}

/** One run, as a process of its own. `RUN_MS` is how long the platform lets it run; `EVENT` is what starts it. */
export function startWal(
  bundle: string,
  vault: Vault,
  target: ConnectionTarget,
  env: Record<string, string> = {},
): WalProcess {
  const { POSTGRES_USER = '', POSTGRES_PASSWORD = '', ...variables } = variablesOf(vault, target);
  const child = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM, pathToFileURL(bundle).href], {
    env: {
      ...{
        PATH: process.env.PATH,
        PGSSLMODE: target.sslMode,
        // Compiling the bundle is half of what a run costs.
        NODE_COMPILE_CACHE: path.join(path.dirname(bundle), 'compiled'),
        AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      },
      ...variables,
      ...{ PITR: 'on', REPLICATION_USER: POSTGRES_USER, REPLICATION_PASSWORD: POSTGRES_PASSWORD },
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  let isLoaded = () => {};
  const loaded = new Promise<void>((resolve) => {
    isLoaded = resolve;
  });
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      said += chunk;
      if (said.startsWith(LOADED)) isLoaded();
    });
  const ended = once(child, 'close').then(([exitCode]) => {
    isLoaded();
    return { exitCode: exitCode as number | null, said };
  });
  return { child, loaded, ended };
}

const LOADED = 'loaded\n';

// Linux counts in maxRSS what whoever started it had.
const PROGRAM = `
  const { readFileSync } = await import('node:fs');
  const { handler } = await import(process.argv[1]);
  process.stdout.write('loaded\\n');
  const endsAt = Date.now() + Number(process.env.RUN_MS ?? 60_000);
  const answer = await handler(JSON.parse(process.env.EVENT ?? '{}'), { getRemainingTimeInMillis: () => endsAt - Date.now() });
  const [, peakKb] = /^VmHWM:\\s*(\\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'));
  console.log(JSON.stringify({ ...answer, peakRssBytes: 1024 * peakKb }));
  process.exit();`;
