import { ConfigError, PolicyError } from '../layers/backup/errors.ts';
import { environmentFor, type ReadFor, readDatabaseSettings } from '../layers/settings/database-settings.ts';
import { type Databases, readDatabases } from '../layers/settings/databases.ts';
import { type Environment, readEnvironment } from '../layers/settings/environment.ts';
import { FUNCTION_NAMES, type FunctionName } from '../layers/settings/functions.ts';
import { checkBaseConfig } from './base/config.ts';
import { readDumpConfig } from './dump/config.ts';
import { readExporterConfig } from './exporter/config.ts';
import { checkFindConfig } from './find/config.ts';
import { readNotifyConfig } from './notify/config.ts';
import { checkRecoveryConfig } from './recovery/config.ts';
import { checkRefreshConfig } from './refresh/config.ts';
import { readRetentionConfig } from './retention/config.ts';
import { readVerifyConfig } from './verify/config.ts';
import { checkWalConfig } from './wal/config.ts';

const readers: Readonly<Record<FunctionName, (env: Environment, options: ReadFor) => unknown>> = {
  find: checkFindConfig,
  dump: readDumpConfig,
  verify: readVerifyConfig,
  retention: readRetentionConfig,
  wal: checkWalConfig,
  base: checkBaseConfig,
  recovery: checkRecoveryConfig,
  refresh: checkRefreshConfig,
  exporter: readExporterConfig,
  notify: readNotifyConfig,
};

/**
 * Why the functions would refuse to start, each reason once; empty if none would.
 *
 * @param environmentOf - the environment that a function will get
 */
export function configurationProblems(environmentOf: (name: FunctionName) => Environment): string[] {
  return [...new Set(FUNCTION_NAMES.flatMap((name) => problemsOfFunction(name, environmentOf(name))))];
}

/** For all databases, and for each that has settings of its own. */
function problemsOfFunction(name: FunctionName, env: Environment): string[] {
  const read = readEnvironment(env, name);
  const problems = problemsOf(() => readers[name](env, {}));
  // Which they are is dump's to refuse.
  const databases = readDatabaseSettings(read, name === 'dump' ? chosenIn(env) : undefined);
  if (read.problems.length > 0) return [...problems, ...read.problems];
  const own = databases.flatMap((database) => {
    const others = problemsOf(() => readers[name](environmentFor(env, database), { database }));
    return others
      .filter((problem) => !problems.includes(problem))
      .map((problem) =>
        /\(database ".*"\)/.test(problem) ? problem : `${problem} (database ${JSON.stringify(database)})`,
      );
  });
  return [...problems, ...own];
}

/** What is backed up; undefined where that cannot be read. */
function chosenIn(env: Environment): Databases | undefined {
  const read = readEnvironment(env, 'dump');
  const chosen = readDatabases(read);
  return read.problems.length === 0 ? chosen : undefined;
}

/** The problems that a configuration's reader refuses it for. Any other error is thrown on. */
export function problemsOf(read: () => unknown): string[] {
  try {
    read();
    return [];
  } catch (error) {
    if (error instanceof ConfigError || error instanceof PolicyError) return error.problem.split('; ');
    throw error;
  }
}
