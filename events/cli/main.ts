import { Command, CommanderError } from 'commander';
import type { Environment } from '../../layers/settings/environment.ts';
import type { ServerEnvironment } from '../../layers/settings/servers.ts';
import project from '../../package.json' with { type: 'json' };
import { chosenServer, configured, unsaidServer } from '../host/configured.ts';
import { acceptCommand } from './accept.ts';
import { adoptCommand } from './adopt.ts';
import { baseCommand } from './base.ts';
import { configCommand } from './config.ts';
import { dumpCommand } from './dump.ts';
import { forEachServer } from './each-server.ts';
import { describeFailure, EXIT, EXIT_HELP, exitCodeOf, Interrupted } from './exit-code.ts';
import { keepCommand } from './keep.ts';
import { keysCommand } from './keys.ts';
import { listCommand } from './list.ts';
import { notifyCommand } from './notify.ts';
import { refreshCommand } from './refresh.ts';
import { restoreCommand } from './restore.ts';
import { retentionCommand } from './retention.ts';
import { functionCommand, type RunAlone } from './run.ts';
import { serveCommand } from './serve.ts';
import { openSession, type Run, type Surroundings } from './session.ts';
import { showCommand } from './show.ts';
import { slotCommand } from './slot.ts';
import { statusCommand } from './status.ts';
import { verifyCommand } from './verify.ts';
import { walFetchCommand } from './wal-fetch.ts';

/** How long what is under way may take to end in order. */
const LEAVE_MS = 5_000;

/**
 * Runs one command in this process, which is its own. Results go to stdout, everything else to stderr.
 *
 * @param argv - as Node has it, with the program's two first
 * @returns the exit code, see {@link EXIT}; never throws
 */
export function main(argv: readonly string[], env: Environment): Promise<number> {
  // A URL with a password may stand in our own arguments: they are not shown to everyone on this machine.
  process.title = 'pgvouch';
  const stop = new AbortController();
  let leaveMs = LEAVE_MS;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      stop.abort(new Interrupted('interrupted'));
      // Children are ended and files removed within this time; what waits for a server may wait for long.
      setTimeout(() => process.exit(EXIT.interrupted), leaveMs).unref();
    });
  }
  // Whoever reads our output may have seen enough: `pgvouch list | head`.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? EXIT.ok : 1));
  const onLongLeave = (ms: number) => {
    leaveMs = ms;
  };
  return runCommand(argv, env, { stdout: process.stdout, stderr: process.stderr, signal: stop.signal, onLongLeave });
}

/** As {@link main}, in a process that belongs to somebody else: it writes to what it is given, and ends at the signal. */
export async function runCommand(
  argv: readonly string[],
  env: Environment,
  surroundings: Surroundings,
): Promise<number> {
  const { stderr, signal } = surroundings;
  let exitCode: number = EXIT.ok;
  let local = false;
  let program: Command | undefined;
  const named = (): Environment => {
    const file: string | undefined = program?.opts().config;
    return file === undefined ? env : { ...env, PGVOUCH_CONFIG: file };
  };
  const words = argv.slice(0, 2);
  const open = ({ env: ofServer }: ServerEnvironment) => {
    const session = openSession(ofServer, words, surroundings);
    local = session.local;
    return session;
  };
  const runOn = async (work: Work, onSeveral: (all: readonly ServerEnvironment[]) => Promise<number>) => {
    const all = await configured(named());
    const chosen = chosenServer(all, program?.opts().server ?? (env.PGVOUCH_SERVER || undefined));
    const session = chosen && open(chosen);
    exitCode = session ? await work(session).finally(session.terminal.close) : await onSeveral(all);
  };
  const run: Run = Object.assign((work: Work) => runOn(work, (all) => Promise.reject(unsaidServer(all))), {
    forEach: (answer: string, work: Work) => runOn(work, (all) => forEachServer(all, { answer, work }, open)),
  });
  const runAlone: RunAlone = async (work, clearUpMs) => {
    surroundings.onLongLeave?.(clearUpMs);
    exitCode = await work({ env: named(), stop: signal });
  };
  try {
    program = programOf(run, runAlone, words, surroundings);
    await program.parseAsync([...argv]);
    return exitCode;
  } catch (error) {
    const failure = signal.aborted ? signal.reason : error;
    // commander has printed what is wrong with the command line.
    if (!(failure instanceof CommanderError)) {
      stderr.write(`${describeFailure(failure, { debug: env.LOG_LEVEL === 'debug', local })}\n`);
    }
    return exitCodeOf(failure);
  }
}

type Work = Parameters<Run>[0];

function programOf(run: Run, runAlone: RunAlone, words: readonly string[], { stdout, stderr }: Surroundings): Command {
  const program = new Command('pgvouch')
    .description('Proved backups of PostgreSQL: see what you have, and restore it.')
    .version(project.version)
    .option('--config <file>', 'a pgvouch.yaml, as PGVOUCH_CONFIG names it')
    .option('--server <name>', 'one of the servers of the pgvouch.yaml, as PGVOUCH_SERVER names it')
    .helpCommand(false)
    .addHelpText('after', HELP);
  const commands = [
    listCommand(run),
    showCommand(run),
    dumpCommand(run),
    verifyCommand(run),
    retentionCommand(run),
    keepCommand(run),
    acceptCommand(run),
    adoptCommand(run),
    restoreCommand(run),
    keysCommand(run),
    refreshCommand(run),
    walFetchCommand((work) =>
      runAlone(({ stop: signal }) => {
        const line = (text: string) => void stderr.write(`${text}\n`);
        return work({ signal, terminal: { line }, program: words });
      }, LEAVE_MS),
    ),
    statusCommand(run),
    slotCommand(run),
    notifyCommand(run),
    baseCommand(run),
    functionCommand(runAlone),
    serveCommand(runAlone),
    configCommand(runAlone, (text) => stdout.write(`${text}\n`)),
  ];
  const output = { writeOut: (text: string) => stdout.write(text), writeErr: (text: string) => stderr.write(text) };
  for (const command of [program, ...commands, ...commands.flatMap((one) => one.commands)])
    command.configureOutput(output).exitOverride().showHelpAfterError('(see --help)');
  for (const command of commands) program.addCommand(command);
  return program;
}

const HELP = `
A backup has a name like shop/2026-11-23T02-00-00Z. With --database shop, 2026-11-23T02-00-00Z or latest is enough.
POSTGRES_*, MINIO_* and BACKUP_* configure it, or a pgvouch.yaml, as they do the functions. Without them it uses the stack of npm start.
${EXIT_HELP}`;
