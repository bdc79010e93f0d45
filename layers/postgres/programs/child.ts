import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { ConfigError, DumpError } from '../../backup/errors.ts';
import { programHint } from '../complaints/hints.ts';

/** One run of a PostgreSQL program. */
export interface ProgramRun {
  /** The path of the program. */
  readonly program: string;
  readonly args: readonly string[];
  /** The whole environment but for what a program needs anyway (PATH, HOME). */
  readonly env: Readonly<Record<string, string>>;
  /** Kills the program; its abort reason is then what is thrown. */
  readonly signal?: AbortSignal;
  /** What this is for, for errors: `dump`. */
  readonly operation: string;
  readonly subject: string;
  /** Appended to errors. */
  readonly hint?: string;
  /** Appended if the program is not there; by default where PostgreSQL's own are looked for. */
  readonly missingHint?: string;
  /** Whom it runs as, and whose files it makes: only root may say so. */
  readonly owner?: Owner;
  /** Where it runs. Whoever gives root up gets there though the folders above are closed to them. */
  readonly cwd?: string;
  /** Takes all that the program writes to stderr, as it comes; errors hold only the end of it. */
  readonly onStderr?: (chunk: Buffer) => void;
}

/** Who is to have files. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Only the end of what a program wrote to stderr is kept, however much it floods. */
const STDERR_TAIL_BYTES = 2048;
/** pg_dump says which query failed after why it failed, and that may name every table: longer lines are cut. */
const LONGEST_LINE_BYTES = 700;
/** How long a program may take to end after SIGTERM. */
const TERM_GRACE_MS = 2_000;
/** How long pipes are read on after the program itself has ended. */
const PIPE_GRACE_MS = 1_000;

/**
 * Runs a program to its end and gives its whole stdout, which must be small.
 *
 * @throws {@link DumpError} with exit code or signal and the end of its stderr
 * @throws {@link ConfigError} if the program cannot be started
 */
export async function programText(run: ProgramRun): Promise<string> {
  const child = startProgram(run, 'ignore');
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of child.stdout) chunks.push(chunk);
    await child.succeeded;
    return Buffer.concat(chunks).toString('utf8');
  } catch (error) {
    // A pipe cut off by the kill says nothing; why it was killed, the program's own end tells.
    if (run.signal?.aborted) await child.succeeded;
    throw error;
  } finally {
    await child.end();
  }
}

export interface RunningProgram {
  readonly stdin: Writable | null;
  readonly stdout: Readable;
  /** Resolves on exit code 0 and rejects otherwise; never unhandled. */
  readonly succeeded: Promise<void>;
  /** Kills it if it still runs, and waits until it is gone. */
  end(): Promise<void>;
}

/**
 * Starts a program; see {@link programText} for what its errors are. The caller must `end` it.
 *
 * @param stdout - where it writes to, if not to a pipe that is read here
 */
export function startProgram(
  run: ProgramRun,
  stdin: 'pipe' | 'ignore',
  stdout: 'pipe' | Socket = 'pipe',
): RunningProgram {
  const child = spawn(run.program, run.args, {
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin', HOME: '/nonexistent', LC_MESSAGES: 'C', ...run.env },
    stdio: [stdin, stdout, 'pipe'],
    ...run.owner,
    ...(run.cwd !== undefined && { cwd: run.cwd }),
  });
  const tail = stderrTail(child);
  if (run.onStderr) child.stderr?.on('data', run.onStderr);
  const ended = endOf(child);
  const kill = () => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), TERM_GRACE_MS);
    const gone = () => {
      clearTimeout(timer);
      child.stdout?.destroy();
    };
    ended.then(gone, gone);
  };
  if (run.signal?.aborted) kill();
  run.signal?.addEventListener('abort', kill, { once: true });
  const succeeded = ended.then(
    ({ code, signal }) => {
      if (run.signal?.aborted) throw run.signal.reason;
      if (code !== 0) throw exitError(run, code, signal, tail());
    },
    (error) => {
      throw new ConfigError({
        operation: run.operation,
        subject: run.subject,
        problem: `${run.program} cannot be started (${(error as { code?: string }).code ?? error})`,
        hint: run.missingHint ?? CLIENTS_MISSING,
        cause: error,
      });
    },
  );
  succeeded.catch(() => {});
  return {
    stdin: child.stdin,
    stdout: child.stdout as Readable,
    succeeded,
    async end() {
      run.signal?.removeEventListener('abort', kill);
      if (child.exitCode === null && child.signalCode === null) kill();
      child.stdout?.destroy();
      await ended.catch(() => {});
    },
  };
}

const CLIENTS_MISSING =
  'PG_CLIENT_DIR must name a folder with the PostgreSQL client programs; npm run layers builds them';

async function endOf(child: ChildProcess): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  const closed = once(child, 'close');
  closed.catch(() => {});
  const [code, signal] = await once(child, 'exit');
  // `close` means that all output was read; but a grandchild that holds our pipes open must not hold us.
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise((resolve) => {
    timer = setTimeout(resolve, PIPE_GRACE_MS);
  });
  await Promise.race([closed, patience]);
  clearTimeout(timer);
  return { code, signal };
}

function stderrTail(child: ChildProcess): () => string {
  let tail = Buffer.alloc(0);
  let cut = false;
  const shortened = lineShortener();
  child.stderr?.on('data', (bytes: Buffer) => {
    const chunk = shortened(bytes);
    cut ||= tail.length + chunk.length > STDERR_TAIL_BYTES;
    tail = Buffer.concat([tail, chunk]).subarray(-STDERR_TAIL_BYTES);
  });
  return () => {
    const text = tail.toString('utf8').trim();
    // What was cut begins in the middle of a line, perhaps of a character.
    return cut ? `… ${text.slice(text.indexOf('\n') + 1)}` : text;
  };
}

/** Cuts lines that are too long, in however many chunks they come. */
function lineShortener(): (chunk: Buffer) => Buffer {
  let lineBytes = 0;
  return (chunk) => {
    const parts: Buffer[] = [];
    for (let at = 0; at < chunk.length; ) {
      const newline = chunk.indexOf(0x0a, at);
      const end = newline < 0 ? chunk.length : newline;
      const room = LONGEST_LINE_BYTES - lineBytes;
      if (room > 0) parts.push(chunk.subarray(at, Math.min(end, at + room)));
      if (room >= 0 && end - at > room) parts.push(Buffer.from(' …'));
      lineBytes = room < 0 || end - at > room ? LONGEST_LINE_BYTES + 1 : lineBytes + end - at;
      if (newline >= 0) {
        parts.push(chunk.subarray(newline, newline + 1));
        lineBytes = 0;
      }
      at = end + 1;
    }
    return Buffer.concat(parts);
  };
}

function exitError(run: ProgramRun, code: number | null, signal: string | null, stderr: string): DumpError {
  const name = run.program.split('/').at(-1);
  const how = signal === null ? `exited with code ${code}` : `was killed by ${signal}`;
  const hint = run.hint ?? programHint(signal, stderr);
  return new DumpError({
    operation: run.operation,
    subject: run.subject,
    problem: `${name} ${how}${stderr === '' ? ' and printed nothing' : `: ${stderr}`}`,
    exitCode: code,
    signal,
    ...(hint !== undefined && { hint }),
  });
}
