import { CommanderError } from 'commander';
import { ConfigError, EventError, PgvouchError, PolicyError, textOf } from '../../layers/backup/errors.ts';

/** What a command's exit code says. */
export const EXIT = {
  ok: 0,
  /** The server, the bucket or a program failed. */
  failure: 1,
  /** The command line or the configuration is wrong, or names something that is not there. */
  usage: 2,
  /** A backup was found bad, or what was restored differs from its manifest. */
  bad: 3,
  /** The request would do harm, and nobody confirmed it. */
  refused: 4,
  /** Ctrl-C: 128 + SIGINT. */
  interrupted: 130,
} as const;

export const EXIT_HELP = `
Exit codes:
  0  done
  1  the server, the bucket or a program failed
  2  the command line or the configuration is wrong, or names something that does not exist
  3  a backup is bad or holds next to nothing, or the restored data differs from the manifest
  4  refused as unsafe: confirm it with --accept or --clean
`;

/** Thrown into whatever is under way at Ctrl-C. */
export class Interrupted extends Error {
  override name = 'Interrupted';
}

export function exitCodeOf(error: unknown): number {
  if (error instanceof Interrupted) return EXIT.interrupted;
  if (error instanceof PolicyError) return EXIT.refused;
  if (error instanceof ConfigError || error instanceof EventError) return EXIT.usage;
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  return EXIT.failure;
}

/**
 * The message for people: one sentence and a hint. The stack is printed only for a bug, with LOG_LEVEL=debug.
 *
 * @param local - whether the local stack's servers stand in for what is not configured
 * @param server - the one of several where it failed
 */
export function describeFailure(
  error: unknown,
  { debug, local, server }: { debug: boolean; local: boolean; server?: string | undefined },
): string {
  const who = server === undefined ? 'pgvouch' : `pgvouch: server ${server}`;
  if (error instanceof Interrupted) return 'pgvouch: interrupted';
  if (error instanceof Error && !(error instanceof PgvouchError) && debug) return `${who}: ${error.stack}`;
  const text = `${who}: ${textOf(error)}`;
  if (!local || !/ECONNREFUSED/.test(text)) return text;
  return `${text}\npgvouch used the local stack in place of what is not configured: is npm start running?`;
}
