import { PgvouchError, textOf } from '../../layers/backup/errors.ts';
import type { Terminal } from '../../layers/words/terminal.ts';
import { childrenOf, killDescendants } from '../host/descendants.ts';

/** The way from the first port to the last process: what was opened is closed in order, once, and within seconds. */
export interface Lifecycle {
  /** Aborts when the stack is to end, for whatever reason. */
  readonly signal: AbortSignal;
  /** Closed first, before any server: what fires functions. */
  onClose(close: () => Promise<void> | void): void;
  /** Closed last: a server that functions may still be talking to. Its end, if nobody asked for it, is the stack's. */
  onStop(server: { stop(): Promise<void>; readonly ended: Promise<string> }): void;
  /** Processes that are there now stay until their server stops; those that come later are the functions'. */
  spareChildren(): void;
  /** Ends everything and the process, with one sentence and exit code 1. */
  fail(error: unknown): Promise<never>;
}

/** After this long whoever is left is killed, by the kernel, together with us. */
const CLOSE_TIMEOUT_MS = 15_000;

/** Each thread's TypeScript loader has one, and without it no function could clear up after its pg_dump was killed. */
const COMPILER = 'esbuild';

/** Takes the process over: SIGINT, SIGTERM, SIGHUP and every failure end it in order from now on. */
export function openLifecycle(terminal: Terminal): Lifecycle {
  const stopping = new AbortController();
  const closers: (() => Promise<void> | void)[] = [];
  const servers: (() => Promise<void>)[] = [];
  let spared: ReadonlySet<number> | undefined;
  let ending = false;

  const end = async (leave: () => never): Promise<never> => {
    // A second signal or failure changes nothing: npm sends each Ctrl-C twice.
    if (ending) return new Promise<never>(() => {});
    ending = true;
    stopping.abort(new Error('stopped'));
    setTimeout(() => process.exit(1), CLOSE_TIMEOUT_MS).unref();
    // Closing anything may fail too; that must not keep the rest open.
    const all = (list: typeof closers) => Promise.allSettled(list.map(async (close) => close()));
    const quiet = all(closers);
    // Before there are functions every child is some start's, which the signal ends in order.
    if (spared) killDescendants(process.pid, ({ pid, name }) => spared?.has(pid) || name === COMPILER);
    await quiet;
    await all(servers);
    killDescendants(process.pid);
    terminal.close();
    return leave();
  };

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.removeAllListeners(signal);
    process.on(signal, () => {
      if (!ending) terminal.line('\npgvouch is stopping');
      void end(() => process.exit(0));
    });
  }
  surviveCrashes(terminal.line);

  const fail = (error: unknown) => end(() => giveUp(error));
  return {
    signal: stopping.signal,
    onClose(close) {
      closers.push(close);
      if (ending) void close();
    },
    onStop(server) {
      servers.push(server.stop);
      if (ending) void server.stop();
      void server.ended.then((what) => fail(new Error(`${what}\nHint: see its log in the state folder`)));
    },
    spareChildren() {
      spared = new Set(childrenOf(process.pid).map(({ pid }) => pid));
    },
    fail,
  };
}

/** Ends the process with one sentence for people. */
export function giveUp(error: unknown): never {
  process.stderr.write(`\npgvouch cannot continue. ${sentence(error)}\n`);
  process.exit(1);
}

/** A worker thread that dies, or anything that nobody caught, would take the whole process along. */
function surviveCrashes(line: (text: string) => void): void {
  const told = (error: unknown) => line(`✗ a function crashed: ${textOf(error)}`);
  process.on('worker', (worker) => worker.on('error', told));
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.removeAllListeners(event);
    process.on(event, told);
  }
}

/** One sentence for people. Any error but our own kinds is a bug, and comes with its stack. */
function sentence(error: unknown): string {
  if (error instanceof PgvouchError) return error.message;
  return process.env.LOG_LEVEL === 'debug' && error instanceof Error ? String(error.stack) : textOf(error);
}
