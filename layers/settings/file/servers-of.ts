import type { Environment } from '../environment.ts';
import type { ServerEnvironment } from '../servers.ts';
import type { ConfigFile, ServerEntry } from './config-file.ts';
import type { FileProblem } from './document.ts';
import { environmentOf, prefixOf } from './environment-of.ts';
import type { Setting } from './read-settings.ts';
import { refreshedOthers } from './refreshed-others.ts';

/** A server, and the values of the file that came into its environment. */
export interface ServerOfFile extends ServerEnvironment {
  /** Where it stands; undefined if the file has no server. */
  readonly entry: ServerEntry | undefined;
  readonly settings: readonly Setting[];
}

/**
 * The servers of a file, each with the environment of its functions; of a file without any, one without a name. Pure.
 *
 * @returns with variables that the file names and that are not set, and with servers whose backups would lie among
 * those of another, or whose refreshes would replace what another has backed up
 */
export function serversOf(
  file: ConfigFile,
  env: Environment,
): { readonly servers: readonly ServerOfFile[]; readonly problems: readonly FileProblem[] } {
  const entries: readonly (ServerEntry | undefined)[] = file.servers.length > 0 ? file.servers : [undefined];
  const read = entries.map((entry) => ({ entry, ...environmentOf(file, entry, env) }));
  const servers = read.map(({ entry, env: whole, settings }) => ({ name: entry?.name, entry, env: whole, settings }));
  // What stands at the top is a problem of every server.
  const problems = new Map(read.flatMap((one) => one.problems).map((problem) => [JSON.stringify(problem), problem]));
  return { servers, problems: [...problems.values(), ...sharedPrefixes(servers), ...refreshedOthers(servers)] };
}

/** A vault takes all that is below its prefix for its own. */
function sharedPrefixes(servers: readonly ServerOfFile[]): FileProblem[] {
  return servers.flatMap((server, index) => {
    const { name, entry, settings } = server;
    const prefix = prefixOf(server.env);
    const other = servers.slice(0, index).find((one) => isOneInTheOther(prefixOf(one.env), prefix));
    if (other === undefined || entry === undefined) return [];
    const { at } = settings.find(({ key }) => key === `servers.${name}.bucket.prefix`) ?? entry;
    return [
      {
        ...at,
        problem: `servers.${name} has its backups in ${prefix}, and servers.${other.name} in ${prefixOf(other.env)}: set bucket.prefix of one of them, so that neither is in the other`,
      },
    ];
  });
}

function isOneInTheOther(one: string, other: string): boolean {
  return one.startsWith(other) || other.startsWith(one);
}
