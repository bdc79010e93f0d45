import { isChosen, isPattern } from '../backup/database-patterns.ts';
import { type Databases, isToBackUp } from './databases.ts';
import { type Environment, type EnvironmentReader, readEnvironment } from './environment.ts';
import { baseNameOf, override } from './override.ts';
import type { SettingsByName } from './shapes.ts';
import type { Variable } from './variable.ts';
import { VARIABLES } from './variables.ts';

/**
 * The environment of one database: what `DATABASE_SETTINGS` says of it is in the place of what holds for all. Of its
 * entries those with patterns that fit hold first, one after the other, and then the one of its name.
 */
export function environmentFor(env: Environment, database: string): Environment {
  const { DATABASE_SETTINGS: _, ...all } = env;
  const settings = readEnvironment(env, 'the databases').get('DATABASE_SETTINGS') ?? {};
  return entriesFor(settings, database).reduce(
    (given, entry) => override(given, settings[entry] ?? {}),
    all as Environment,
  );
}

/** The entries of `DATABASE_SETTINGS` that are about a database: those with patterns that fit, then the one of its name. */
export function entriesFor(settings: SettingsByName, database: string): readonly string[] {
  const fitting = Object.keys(settings).filter((entry) => isPattern(entry) && fits(entry, database));
  return Object.hasOwn(settings, database) ? [...fitting, database] : fitting;
}

/** What a reader of a configuration is given beside the environment. */
export interface ReadFor {
  /** The database whose own environment it is: what is about several was looked at for all of them. */
  readonly database?: string;
}

/** Reads a configuration that each database may have its own of: once for each, when it is asked for. */
export function perDatabase<Config>(
  env: Environment,
  read: (env: Environment, options: ReadFor) => Config,
): (database: string) => Config {
  const known = new Map<string, Config>();
  return (database) => {
    if (!known.has(database)) known.set(database, read(environmentFor(env, database), { database }));
    return known.get(database) as Config;
  };
}

/**
 * The databases, and patterns of them, that have settings of their own. What is wrong with them is reported.
 *
 * @param chosen - what is backed up; undefined where nobody says
 */
export function readDatabaseSettings(read: EnvironmentReader, chosen?: Databases): readonly string[] {
  const settings = Object.entries(read.get('DATABASE_SETTINGS') ?? {});
  for (const [database, values] of settings) {
    const of = `(database ${JSON.stringify(database)})`;
    if (chosen && !isPattern(database) && !isToBackUp(chosen, database)) {
      read.problem(`DATABASE_SETTINGS names a database that is not to be backed up ${of}`);
    }
    if (database.startsWith('!')) read.problem(`DATABASE_SETTINGS has settings of what is left out ${of}`);
    for (const [name, value] of Object.entries(values)) {
      const base = baseNameOf(name);
      const { shape, file }: Partial<Variable> = VARIABLES[base as keyof typeof VARIABLES] ?? {};
      if (shape === undefined || file?.per !== 'database') {
        read.problem(`DATABASE_SETTINGS has ${name}, which is the same for all databases ${of}`);
      } else if (name === base) {
        const issues = shape.safeParse(value).error?.issues ?? [];
        for (const { message } of issues) read.problem(`${name} ${message} ${of}`);
      }
    }
  }
  return settings.map(([database]) => database);
}

function fits(pattern: string, database: string): boolean {
  return isChosen({ names: [], include: [pattern], exclude: [] }, database);
}
