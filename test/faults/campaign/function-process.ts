import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { variablesOf } from '../../support/servers/command-line.ts';
import type { Run } from './fault.ts';
import { PlatformError } from './operator.ts';
import type { Place } from './place.ts';

export interface FunctionProcess {
  /** SIGKILL for the function alone: what it started must notice by itself. */
  kill(): void;
  /** How it ended; never rejects. Nothing that it started runs on then. */
  readonly ended: Promise<Run>;
}

export interface FunctionStart {
  readonly name: Run['function'];
  readonly event: unknown;
  /** What the platform says is left. */
  readonly timeoutMs?: number;
  /** Of Node itself: `--max-old-space-size=32`. */
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a function's real handler as a process of its own, as a platform would. */
export function startFunction(
  place: Pick<Place, 'here'> & { readonly postgres: Pick<Place['postgres'], 'target'> } & {
    readonly postgresLine: Pick<Place['postgresLine'], 'port'>;
  },
  { name, event, timeoutMs = 60_000, flags = [], env = {} }: FunctionStart,
): FunctionProcess {
  const { here, postgres, postgresLine } = place;
  const target = { ...postgres.target, port: postgresLine.port };
  const child = spawn(process.execPath, [...flags, PROGRAM, name, JSON.stringify(event)], {
    cwd: PROJECT,
    env: {
      ...{ PATH: process.env.PATH, HOME: process.env.HOME, TIMEOUT_MS: String(timeoutMs), DRILL: 'off' },
      ...variablesOf(here.vault, target),
      ...{ POSTGRES_DB: here.database, DUMP_TIMEOUT: '600' },
      ...env,
    },
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
  return { kill: () => child.kill('SIGKILL'), ended: outcomeOf(child, name, here.database) };
}

const PROJECT = path.resolve(import.meta.dirname, '../../..');
const PROGRAM = path.resolve(import.meta.dirname, '../../fixtures/function-process.mjs');

async function outcomeOf(child: ChildProcess, name: Run['function'], database: string): Promise<Run> {
  const [said, answered] = [child.stderr, child.stdio[3]].map((stream) => {
    const chunks: Buffer[] = [];
    stream?.on('data', (chunk: Buffer) => chunks.push(chunk));
    return () => Buffer.concat(chunks).toString();
  });
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  await untilNothingRuns(database);
  const answer = answered?.() ?? '';
  if (answer !== '') {
    const { ok, error } = JSON.parse(answer) as { ok?: unknown; error?: { name: string; message: string } };
    if (error) return { function: name, error: Object.assign(new PlatformError(error.message), { type: error.name }) };
    return { function: name, ...(name === 'dump' && { manifest: ok as NonNullable<Run['manifest']> }) };
  }
  // As Lambda tells of it; what the process itself said goes to its log.
  const how = signal === null ? `exit status ${code}` : `signal: ${signal === 'SIGKILL' ? 'killed' : 'aborted'}`;
  const error = new PlatformError(`RequestId: 0 Error: Runtime exited with error: ${how}`, { cause: said?.() });
  return { function: name, error };
}

/** A function's pg_dump is no orphan for long: nobody reads what it writes. */
async function untilNothingRuns(database: string): Promise<void> {
  const patienceEndsAt = Date.now() + 30_000;
  for (;;) {
    const left = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && isOf(name, database));
    if (left.length === 0) return;
    if (Date.now() > patienceEndsAt) throw new Error(`still running after the function's end: ${left.join(', ')}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function isOf(pid: string, database: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`PGDATABASE=${database}`);
  } catch {
    return false;
  }
}
