import { isToBackUp, readDatabases } from '../databases.ts';
import { type Environment, readEnvironment } from '../environment.ts';
import type { ServerEnvironment } from '../servers.ts';
import type { ServerEntry } from './config-file.ts';
import type { FileProblem } from './document.ts';

/**
 * Refreshes onto a database that another server of the file has backed up: it is never replaced. Those onto a database of the
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
      const other = servers.find(
        (one) =>
          one !== server &&
          database !== undefined &&
          placesOf(one.env).some((place) => target.includes(place)) &&
          isBackedUp(one.env, database),
      );
      const at = found('REFRESH_DATABASE')?.at;
      if (other === undefined || at === undefined) return [];
      const problem = `the refresh ${name} is of ${database}, which servers.${other.name} has backed up: it is never replaced`;
      return [{ ...at, problem }];
    }),
  );
}

function isBackedUp(env: Environment, database: string): boolean {
  const read = readEnvironment(env, 'the servers');
  const databases = readDatabases(read);
  return read.problems.length === 0 && isToBackUp(databases, database);
}

/** Hosts with their ports; a bad one is a problem elsewhere. */
function placesOf({ POSTGRES_HOST: hosts, POSTGRES_PORT: ports }: Environment): string[] {
  if (!hosts) return [];
  const numbers = (ports || '5432').split(',').map((port) => port.trim());
  return hosts.split(',').map((host, index) => `${host.trim().toLowerCase()}:${numbers[index] ?? numbers[0]}`);
}
