import { Command } from 'commander';
import { configurationProblems, problemsOf } from '../../functions/configuration.ts';
import { type Environment, readEnvironment } from '../../layers/settings/environment.ts';
import { type LoadedServer, loadConfigFile } from '../../layers/settings/file/load.ts';
import { problemsByServer } from '../../layers/settings/servers.ts';
import { readHostConfig } from '../host/config.ts';
import { EXIT } from './exit-code.ts';
import { describeInEffect, inEffect } from './in-effect.ts';
import type { RunAlone } from './run.ts';

/** One thing that is wrong. */
interface Found {
  readonly problem: string;
  /** Undefined where it is not about something in the file. */
  readonly line?: number;
  readonly column?: number;
}

/** `config check`: everything that is wrong with a pgvouch.yaml, or what it comes to. */
export function configCommand(run: RunAlone, print: (text: string) => void): Command {
  const check = new Command('check')
    .description('say everything that is wrong with the configuration, each with its line, or what is in effect')
    .argument('[file]', 'a pgvouch.yaml (default: the one in PGVOUCH_CONFIG; without it the variables alone)')
    .option('--json', 'print JSON')
    .action((file: string | undefined, { json }: { readonly json?: boolean }) =>
      run(async ({ env }) => {
        const path = file ?? (env.PGVOUCH_CONFIG || undefined);
        const { servers, problems: own } =
          path === undefined ? { servers: [variablesAlone(env)], problems: [] } : loadConfigFile(path, env);
        const problems = problemsIn(servers, own);
        const effect = problems.length === 0 ? inEffect(servers, new Date()) : undefined;
        if (json) print(JSON.stringify({ file: path ?? null, problems, ...(effect && { inEffect: effect }) }, null, 2));
        else if (effect) print(`${path ?? 'the configuration'} is right\n\n${describeInEffect(effect)}`);
        else for (const one of problems) print(lineOfProblem(path, one));
        return problems.length === 0 ? EXIT.ok : EXIT.usage;
      }, 0),
    );
  return new Command('config').description('check the configuration').addCommand(check);
}

function variablesAlone(env: Environment): LoadedServer {
  return { name: undefined, env, at: undefined, locate: (problem) => ({ problem, at: undefined }) };
}

/** Those of the file, and what the functions and the service would refuse to start with. */
function problemsIn(servers: readonly LoadedServer[], own: readonly Found[]): Found[] {
  const others = problemsByServer(servers, readersProblems).flatMap(({ problem, server }): Found[] => {
    const { problem: text, at } = (server ?? servers[0])?.locate(problem) ?? { problem, at: undefined };
    if (at) return [{ ...at, problem: text }];
    // A variable may seem to be missing only because its key could not be read.
    if (own.length > 0) return [];
    return [
      server?.name === undefined ? { problem: text } : { ...server.at, problem: `servers.${server.name}: ${text}` },
    ];
  });
  const isNew = ({ line, column }: Found) => !own.some((one) => one.line === line && one.column === column);
  // What stands at the top is a problem of every server.
  const all = new Map([...own, ...others.filter(isNew)].map((one) => [JSON.stringify(one), one]));
  return [...all.values()].sort((one, two) => (one.line ?? 0) - (two.line ?? 0));
}

function readersProblems(env: Environment): string[] {
  const read = readEnvironment(env, 'the service');
  const host = problemsOf(() => {
    readHostConfig(read);
    read.done();
  });
  return [...new Set([...host, ...configurationProblems(() => env)])];
}

function lineOfProblem(path: string | undefined, { line, column, problem }: Found): string {
  if (path === undefined) return problem;
  return line === undefined ? `${path}: ${problem}` : `${path}:${line}:${column}: ${problem}`;
}
