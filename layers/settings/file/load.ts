import { readFileSync } from 'node:fs';
import { ConfigError, textOf } from '../../backup/errors.ts';
import type { Environment } from '../environment.ts';
import { type ConfigFile, readConfigFile, type ServerEntry } from './config-file.ts';
import type { FileProblem } from './document.ts';
import { environmentOf } from './environment-of.ts';
import { type Located, locate } from './locate.ts';

/** A pgvouch.yaml as it was read. */
export interface LoadedFile {
  readonly path: string;
  readonly server: ServerEntry | undefined;
  /** As functions get it: the file in the place of what is set. */
  readonly env: Environment;
  /** What is wrong with the file itself. What its values mean together the functions' readers know. */
  readonly problems: readonly FileProblem[];
  /** What a reader found wrong, with its place in the file. */
  locate(problem: string): Located;
}

/** @throws {@link ConfigError} if it cannot be read */
export function loadConfigFile(path: string, env: Environment): LoadedFile {
  const file = readConfigFile(textIn(path));
  const [server] = file.servers;
  const { env: whole, settings, problems } = environmentOf(file, server, env);
  return {
    ...{ path, server, env: whole },
    problems: problemsOf(file, problems),
    locate: (problem) => locate(settings, problem),
  };
}

/**
 * The environment with what the file in `PGVOUCH_CONFIG` says in it; as it is if that is not set.
 *
 * @throws {@link ConfigError} with everything that is wrong with the file
 */
export function withConfigFile(env: Environment): Environment {
  if (!env.PGVOUCH_CONFIG) return env;
  const { path, env: whole, problems } = loadConfigFile(env.PGVOUCH_CONFIG, env);
  if (problems.length === 0) return whole;
  throw new ConfigError({
    operation: 'read configuration',
    problem: problems.map((problem) => lineOf(path, problem)).join('\n'),
    hint: 'docs/config-file.md has a table of all keys',
  });
}

/** As compilers write it, so that editors can go there. */
export function lineOf(path: string, { line, column, problem }: FileProblem): string {
  return `${path}:${line}:${column}: ${problem}`;
}

function problemsOf({ problems }: ConfigFile, others: readonly FileProblem[]): FileProblem[] {
  return [...problems, ...others].sort((one, two) => one.line - two.line || one.column - two.column);
}

function textIn(path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  } catch (cause) {
    const problem = cause instanceof TypeError ? 'it is not UTF-8' : textOf(cause);
    throw new ConfigError({ operation: 'read configuration file', subject: path, problem, cause });
  }
}
