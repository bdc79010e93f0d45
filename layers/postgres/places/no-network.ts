import { spawnSync } from 'node:child_process';

/** A program and its arguments. */
export type CommandLine = readonly [command: string, args: readonly string[]];

/**
 * The command line that runs a program in a network namespace of its own: no interface is up there, so nothing that the
 * program does reaches anyone. Unix sockets work as before.
 *
 * @returns the line as it is where the machine does not let us; see {@link networkRemark}
 * @see unshare(1), network_namespaces(7)
 */
export function withoutNetwork([command, args]: CommandLine, way = wayHere()): [string, readonly string[]] {
  return way.length === 0 ? [command, args] : ['unshare', [...way, '--', command, ...args]];
}

/** A sentence where the machine does not let us: on Lambda, in containers that may not, where users make no namespaces. */
export function networkRemark(): string | undefined {
  if (wayHere().length > 0) return undefined;
  return 'The scratch server is not kept from the network: on this machine pgvouch may make no network namespace.';
}

/** The arguments of unshare(1). Root may do it as such; anyone else may inside of a user namespace, where they stay who they are. */
export function wayOf(isRoot: boolean): readonly string[] {
  return isRoot ? ['--net'] : ['--user', '--map-current-user', '--net'];
}

/** The same as long as this process lives. */
let possible: readonly string[] | undefined;

function wayHere(): readonly string[] {
  possible ??= findWay();
  return possible;
}

function findWay(): readonly string[] {
  const way = wayOf(process.getuid?.() === 0);
  return spawnSync('unshare', [...way, '--', 'true'], { stdio: 'ignore' }).status === 0 ? way : [];
}
