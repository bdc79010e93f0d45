import { examplesBeside } from '../../backup/names-beside.ts';
import { isToBackUp, readDatabases } from '../databases.ts';
import { type Environment, readEnvironment } from '../environment.ts';
import type { ServerEnvironment } from '../servers.ts';
import type { ServerEntry } from './config-file.ts';
import type { FileProblem } from './document.ts';

/**
 * Refreshes onto a database that another server of the file has backed up: it is never replaced. Nor may what is
 * made beside it, unmasked at first, be backed up. Those onto a database of the
 * server itself the refresh's own reader refuses. Pure.
 */
export function refreshedOthers(
  servers: readonly (ServerEnvironment & { readonly entry: ServerEntry | undefined })[],
): FileProblem[] {
  return servers.flatMap((server) =>
    (server.entry?.refreshes ?? []).flatMap(({ name, settings }): FileProblem[] => {
      const found = (variable: string) => settings.find((setting) => setting.name === variable);
      const textOf = (variable: string) => {
        const value = found(variable)?.value;
        return typeof value === 'string' ? value : undefined;
      };
      const target = placesOf({ POSTGRES_HOST: textOf('POSTGRES_HOST'), POSTGRES_PORT: textOf('POSTGRES_PORT') });
      const database = textOf('REFRESH_DATABASE');
      const at = found('REFRESH_DATABASE')?.at;
      if (database === undefined || at === undefined) return [];
      const there = servers.filter(
        (one) => one !== server && placesOf(one.env).some((place) => target.includes(place)),
      );
      const backedUp = there.find(({ env }) => isBackedUp(env, [database]));
      const beside = there.find(({ env }) => isBackedUp(env, examplesBeside(database)));
      return [
        ...(backedUp ? [`${database}, which servers.${backedUp.name} has backed up: it is never replaced`] : []),
        ...(beside
          ? [
              `${database}, and servers.${beside.name} would back up ${database}_…, which it makes beside it. Leave it out there: "!${database}*"`,
            ]
          : []),
      ].map((problem) => ({ ...at, problem: `the refresh ${name} is of ${problem}` }));
    }),
  );
}

/** Any of them. */
function isBackedUp(env: Environment, names: readonly string[]): boolean {
  const read = readEnvironment(env, 'the servers');
  const databases = readDatabases(read);
  return read.problems.length === 0 && names.some((one) => isToBackUp(databases, one));
}

/** Hosts with their ports; a bad one is a problem elsewhere. */
function placesOf({ POSTGRES_HOST: hosts, POSTGRES_PORT: ports }: Environment): string[] {
  if (!hosts) return [];
  const numbers = (ports || '5432').split(',').map((port) => port.trim());
  return hosts.split(',').map((host, index) => `${host.trim().toLowerCase()}:${numbers[index] ?? numbers[0]}`);
}
