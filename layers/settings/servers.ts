import { type Environment, readEnvironment } from './environment.ts';
import type { Variable } from './variable.ts';
import { VARIABLES } from './variables.ts';

/** A server of a deployment: the environment that its functions get. */
export interface ServerEnvironment {
  /** Its name in `servers` of pgvouch.yaml; undefined where there is but one, which has none. */
  readonly name: string | undefined;
  readonly env: Environment;
}

/**
 * The environment of a function that looks at all servers, as the exporter does: what is the same for all of them, and in
 * `SERVER_SETTINGS` what is different. No secret of a server comes into it. Pure.
 *
 * @param servers - at least one
 * @see serversIn
 */
export function sharedEnvironment(servers: readonly ServerEnvironment[]): Environment {
  const [first] = servers;
  if (first === undefined) throw new Error('no server is configured');
  if (first.name === undefined) return first.env;
  const isShared = (name: string) => servers.every(({ env }) => env[name] === first.env[name]);
  const shared = Object.entries(first.env).filter(([name]) => isShared(name));
  const own = servers.map(({ name = '', env }) => {
    const different = OF_A_SERVER.filter((variable) => !isShared(variable) && env[variable] !== undefined);
    return [name, Object.fromEntries(different.map((variable) => [variable, env[variable]]))];
  });
  return {
    ...Object.fromEntries(shared),
    PGVOUCH_SERVER: undefined,
    SERVER_SETTINGS: JSON.stringify(Object.fromEntries(own)),
  };
}

/**
 * The servers that such an environment speaks of, in the order of the file; one without a name if `SERVER_SETTINGS` is not
 * set.
 *
 * @throws {@link ConfigError} if it is malformed
 */
export function serversIn(env: Environment): readonly ServerEnvironment[] {
  const { SERVER_SETTINGS: set, ...shared } = env;
  if (!set) return [{ name: undefined, env }];
  const read = readEnvironment(env, 'the servers');
  const settings = read.get('SERVER_SETTINGS') ?? {};
  read.done();
  return Object.entries(settings).map(([name, own]) => ({ name, env: { ...shared, ...own, PGVOUCH_SERVER: name } }));
}

/** Something that is wrong with one server, or with all. */
export interface ServerProblem<Server> {
  readonly problem: string;
  /** Undefined if it is wrong with each of several. */
  readonly server: Server | undefined;
}

/** What is wrong with servers: once what is wrong with each of them, and of each what is wrong with it alone. */
export function problemsByServer<Server extends ServerEnvironment>(
  servers: readonly Server[],
  problemsOf: (env: Environment) => readonly string[],
): ServerProblem<Server>[] {
  const all = servers.map((server) => ({ server, problems: [...new Set(problemsOf(server.env))] }));
  const [first] = all;
  const common = new Set(first?.problems.filter((one) => all.every(({ problems }) => problems.includes(one))));
  const ofOne = servers.length === 1 ? first?.server : undefined;
  return [
    ...Array.from(common, (problem) => ({ problem, server: ofOne })),
    ...all.flatMap(({ server, problems }) =>
      problems.filter((problem) => !common.has(problem)).map((problem) => ({ problem, server })),
    ),
  ];
}

/** The same in one message: what is wrong with one of several names it. */
export function joinProblems(problems: readonly ServerProblem<ServerEnvironment>[]): string {
  const described = problems.map(({ problem, server }) =>
    server?.name === undefined ? problem : `server ${server.name}: ${problem}`,
  );
  return described.join('; ');
}

/** What the exporter reads, but for secrets: those of a server are none of its business. */
const OF_A_SERVER = Object.entries<Variable>(VARIABLES).flatMap(([name, { readBy, secret }]) =>
  readBy.includes('exporter') && !secret ? [name] : [],
);
