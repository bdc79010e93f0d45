import { readFileSync } from 'node:fs';
import { ConfigError, textOf } from '../../backup/errors.ts';
import type { Environment } from '../environment.ts';
import type { ServerEnvironment } from '../servers.ts';
import { readConfigFile } from './config-file.ts';
import { type FileProblem, type Position, sortProblems } from './document.ts';
import { type Located, locate } from './locate.ts';
import { serversOf } from './servers-of.ts';

/** A pgvouch.yaml as it was read. */
export interface LoadedFile {
  readonly path: string;
  /** At least one: of a file without servers one without a name. */
  readonly servers: readonly LoadedServer[];
  /** What is wrong with the file itself. What its values mean together the functions' readers know. */
  readonly problems: readonly FileProblem[];
}

export interface LoadedServer extends ServerEnvironment {
  /** Where it stands; undefined if the file has no server. */
  readonly at: Position | undefined;
  /** What a reader found wrong with its environment, with its place in the file. */
  locate(problem: string): Located;
}

/** @throws {@link ConfigError} if it cannot be read */
export function loadConfigFile(path: string, env: Environment): LoadedFile {
  const file = readConfigFile(textIn(path));
  const { servers, problems } = serversOf(file, env);
  return {
    path,
    servers: servers.map(({ name, entry, env: whole, settings }) => ({
      ...{ name, env: whole, at: entry?.at },
      locate: (problem) => locate(settings, problem),
    })),
    problems: sortProblems([...file.problems, ...problems]),
  };
}

/**
 * The servers of the file in `PGVOUCH_CONFIG`, each with the environment of its functions; without a file one without a
 * name, with the environment as it is.
 *
 * @throws {@link ConfigError} with everything that is wrong with the file
 */
export function withServers(env: Environment): readonly ServerEnvironment[] {
  if (!env.PGVOUCH_CONFIG) return [{ name: undefined, env }];
  const { path, servers, problems } = loadConfigFile(env.PGVOUCH_CONFIG, env);
  if (problems.length === 0) return servers.map(({ name, env: whole }) => ({ name, env: whole }));
  throw new ConfigError({
    operation: 'read configuration',
    problem: problems.map((problem) => lineOf(path, problem)).join('\n'),
    hint: 'docs/config-file.md has a table of all keys',
  });
}

/**
 * The environment of the only server of the file in `PGVOUCH_CONFIG`.
 *
 * @throws {@link ConfigError} as {@link withServers}, and if there are several
 */
export function withConfigFile(env: Environment): Environment {
  const [only, ...others] = withServers(env);
  if (only && others.length === 0) return only.env;
  throw new ConfigError({
    operation: 'read configuration',
    subject: env.PGVOUCH_CONFIG ?? '',
    problem: 'it has several servers, which one deployment on AWS cannot back up yet',
    hint: 'make a file and a deployment (--stage) for each',
  });
}

/** As compilers write it, so that editors can go there. */
export function lineOf(path: string, { line, column, problem }: FileProblem): string {
  return `${path}:${line}:${column}: ${problem}`;
}

function textIn(path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  } catch (cause) {
    const problem = cause instanceof TypeError ? 'it is not UTF-8' : textOf(cause);
    throw new ConfigError({ operation: 'read configuration file', subject: path, problem, cause });
  }
}
