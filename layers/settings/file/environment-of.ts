import type { Environment } from '../environment.ts';
import { override } from '../override.ts';
import { VARIABLES } from '../variables.ts';
import type { ConfigFile, DatabaseEntry, ServerEntry } from './config-file.ts';
import type { FileProblem } from './document.ts';
import type { Setting } from './read-settings.ts';

/** A server's environment: what the file says of it in the place of what is set. */
export interface FileEnvironment {
  readonly env: Environment;
  /** The values of the file that came into it, those of databases too; of a variable the last one counts. */
  readonly settings: readonly Setting[];
  /** Variables that the file names, and that are not set. */
  readonly problems: readonly FileProblem[];
}

/**
 * What functions get of a file: settings of the server before those for all, both before what is set. Those of databases
 * become `DATABASE_SETTINGS`, and refreshes `REFRESHES`. Pure.
 *
 * A server with a name has a vault of its own: the folder of its name below the prefix of the file, unless it says another.
 *
 * @param server - undefined if the file has none
 */
export function environmentOf(file: ConfigFile, server: ServerEntry | undefined, env: Environment): FileEnvironment {
  const problems: FileProblem[] = [];
  const textOf = ({ key, at, value }: Setting): string => {
    if (typeof value === 'string') return value;
    const given = env[value.variable];
    if (!given) problems.push({ ...at, problem: `${key} is in the variable ${value.variable}, which is not set` });
    return given ?? '';
  };
  const valuesOf = (settings: readonly Setting[]) =>
    Object.fromEntries(settings.map((setting) => [setting.name, textOf(setting)]));
  const { settings: own = [], databases, refreshes = [] } = server ?? {};
  const common = override(override(env, valuesOf(file.settings)), valuesOf(own));
  const name = server?.name;
  const settings = [...file.settings, ...own, ...[...(databases ?? []), ...refreshes].flatMap((one) => one.settings)];
  return {
    env: {
      ...common,
      ...(name !== undefined && { PGVOUCH_SERVER: name }),
      ...(name !== undefined && !own.some(isPrefix) && { BACKUP_PREFIX: `${prefixOf(common)}${name}/` }),
      ...(databases && databaseVariables(databases, valuesOf)),
      ...(refreshes.length > 0 && { REFRESHES: JSON.stringify(namedValues(refreshes, valuesOf)) }),
    },
    settings,
    problems,
  };
}

function isPrefix({ name }: Setting): boolean {
  return name === 'BACKUP_PREFIX';
}

/** The folder of backups, with the slash at its end. */
export function prefixOf({ BACKUP_PREFIX: prefix }: Environment): string {
  return (prefix || VARIABLES.BACKUP_PREFIX.default).replace(/\/?$/, '/');
}

function databaseVariables(
  databases: readonly DatabaseEntry[],
  valuesOf: (settings: readonly Setting[]) => Readonly<Record<string, string>>,
): Environment {
  const different = databases.filter(({ settings }) => settings.length > 0);
  const settings = namedValues(different, valuesOf);
  return {
    POSTGRES_DB: undefined,
    POSTGRES_DBS: JSON.stringify(databases.map(({ name }) => name)),
    DATABASE_SETTINGS: different.length === 0 ? undefined : JSON.stringify(settings),
  };
}

function namedValues(
  entries: readonly { readonly name: string; readonly settings: readonly Setting[] }[],
  valuesOf: (settings: readonly Setting[]) => Readonly<Record<string, string>>,
) {
  return Object.fromEntries(entries.map(({ name, settings }) => [name, valuesOf(settings)]));
}
