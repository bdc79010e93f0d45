import { type ChildProcess, fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { textOf } from '../../layers/backup/errors.ts';
import type { FailurePayload } from '../failure-payload.mjs';
import { killDescendants } from '../host/descendants.ts';
import type { Exit } from './exits.ts';

export interface ChildOptions {
  /** The URL of child.mjs, as it is here. */
  readonly child: string;
  /** The URL of the module that exports the handler. */
  readonly module: string;
  readonly env: NodeJS.ProcessEnv;
  /** Gets each line that it writes, to either stream. */
  readonly onLine: (line: string) => void;
  readonly onAnswer: (answer: Answer) => void;
}

/** What a child sends: the end of one invocation, or the error that ends the process. */
export type Answer =
  | { readonly id: string; readonly result?: unknown; readonly failure?: FailurePayload; readonly crash?: undefined }
  | { readonly crash: FailurePayload };

export interface Child {
  readonly pid: number | undefined;
  invoke(invocation: {
    readonly id: string;
    readonly event: unknown;
    readonly limitMs: number;
    readonly name: string;
  }): void;
  /** What runs is to clear up and end soon. */
  end(): void;
  /** Kills it with all that it started. */
  kill(): void;
  /** Resolves when it has ended and all its lines were handed on. */
  readonly ended: Promise<Exit>;
}

/** Of what a process says before it dies. */
const SAID_CHARACTERS = 4_000;

/** How long the last lines of a process that has ended are waited for. */
const STREAMS_MS = 2_000;

/** Starts a process that runs a function's module. It never throws: what cannot be started has ended. */
export function startChild(options: ChildOptions): Child {
  try {
    return watchChild(forkChild(options), options);
  } catch (error) {
    const ended = Promise.resolve({ code: null, signal: null, said: textOf(error) });
    return { pid: undefined, invoke() {}, end() {}, kill() {}, ended };
  }
}

function forkChild({ child, module, env }: ChildOptions): ChildProcess {
  return fork(fileURLToPath(child), [module], {
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    execArgv: [],
    // A group of its own: Ctrl-C is for us, and the group can be killed as one.
    detached: true,
  });
}

function watchChild(forked: ChildProcess, { onLine, onAnswer }: ChildOptions): Child {
  let said = '';
  forEachLine(forked.stdout, onLine);
  forEachLine(forked.stderr, (line) => {
    said = `${said}${line}\n`.slice(-SAID_CHARACTERS);
    onLine(line);
  });
  forked.on('message', (message) => onAnswer(message as Answer));
  const kill = () => killGroup(forked);
  const ended = new Promise<Exit>((resolve) => {
    forked.on('error', (error) => resolve({ code: null, signal: null, said: error.message }));
    forked.once('exit', () => {
      kill();
      // Whatever it left behind may still hold its streams open.
      setTimeout(() => {
        forked.stdout?.destroy();
        forked.stderr?.destroy();
      }, STREAMS_MS).unref();
    });
    forked.once('close', (code, signal) => resolve({ code, signal, said }));
  });
  const send = (message: object) => {
    if (forked.connected) forked.send(message, () => {});
  };
  return {
    pid: forked.pid,
    invoke({ id, event, limitMs, name }) {
      const context = { awsRequestId: id, functionName: name };
      send({ id, event, context, deadlineMs: Date.now() + limitMs });
    },
    end: () => send({ end: true }),
    kill() {
      if (forked.pid !== undefined) killDescendants(forked.pid);
      kill();
    },
    ended,
  };
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody is left in it.
  }
}

function forEachLine(stream: Readable | null, onLine: (line: string) => void): void {
  if (stream) createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', onLine);
}
