import { spawnSync } from 'node:child_process';

/** A program and its arguments. */
export type CommandLine = readonly [command: string, args: readonly string[]];

/**
 * The command line that runs a program in a network namespace of its own: no interface is up there, so nothing that the
 * program does reaches anyone. Unix sockets work as before.
 *
 * @returns the line as it is where the machine does not let us: on Lambda, in containers that may not, or where users may
 *   make no namespaces
 * @see unshare(1), network_namespaces(7)
 */
export function withoutNetwork([command, args]: CommandLine): [string, readonly string[]] {
  possible ??= findWay();
  return possible.length === 0 ? [command, args] : ['unshare', [...possible, '--', command, ...args]];
}

/** The same as long as this process lives. */
let possible: readonly string[] | undefined;

function findWay(): readonly string[] {
  // Root may do it as such. Anyone else may inside of a user namespace, where they stay who they are.
  const way = process.getuid?.() === 0 ? ['--net'] : ['--user', '--map-current-user', '--net'];
  return spawnSync('unshare', [...way, '--', 'true'], { stdio: 'ignore' }).status === 0 ? way : [];
}
