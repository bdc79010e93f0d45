import type { Environment } from '../../layers/settings/environment.ts';
import { EXIT, exitCodeOf, Interrupted } from './exit-code.ts';
import { walFetchCommand } from './wal-fetch.ts';

/**
 * `pgvouch wal-fetch` and nothing else: PostgreSQL waits for each start of it, and this loads a part of the command line.
 *
 * @param argv - as Node has it, with the program's two first and the command's name
 * @returns the exit code; never throws
 */
export async function main(argv: readonly string[], _: Environment): Promise<number> {
  process.title = 'pgvouch';
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => stop.abort(new Interrupted('interrupted')));
  let exitCode: number = EXIT.failure;
  const line = (text: string) => void process.stderr.write(`${text}\n`);
  const command = walFetchCommand(async (work) => {
    exitCode = await work({ signal: stop.signal, terminal: { line }, program: argv.slice(0, 2) });
  });
  try {
    await command.exitOverride().parseAsync(argv.slice(3), { from: 'user' });
    return exitCode;
  } catch (error) {
    return exitCodeOf(error);
  }
}
