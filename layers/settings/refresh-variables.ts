import { databaseName } from './database-list.ts';
import { timezone } from './dump-variables.ts';
import { absolutePath, flag, schedule, text, wholeNumber } from './shapes.ts';
import type { Variable } from './variable.ts';
import { VARIABLES, type VariableName } from './variables.ts';

/** The name of a refresh: it stands in keys of the bucket, and in labels of metrics. */
export const REFRESH_NAME = /^[A-Za-z0-9][\w-]{0,62}$/;

/**
 * What pgvouch.yaml may say of a refresh, beside how to connect. `REFRESHES` has it by these names; none of them is a variable of
 * the environment.
 */
export const REFRESH_SETTINGS = {
  REFRESH_FROM: {
    shape: databaseName,
    meaning: 'The database whose newest proved backup is restored. This server backs it up',
    readBy: ['refresh'],
    file: { at: 'from' },
  },
  REFRESH_SCHEDULE: {
    shape: schedule,
    without: 'only `pgvouch refresh`',
    meaning: "When it is refreshed, in EventBridge's syntax, in its own time zone",
    readBy: ['refresh'],
    file: { at: 'schedule' },
  },
  REFRESH_TIMEZONE: {
    shape: timezone,
    default: 'UTC',
    meaning: 'The time zone of the schedule, such as `Europe/Berlin`. On AWS it is UTC',
    readBy: ['refresh'],
    file: { at: 'timezone' },
  },
  REFRESH_DATABASE: {
    shape: databaseName,
    meaning: 'The database that is replaced. It is made if it does not exist',
    readBy: ['refresh'],
    file: { at: 'to.database' },
  },
  REFRESH_REPLACES: {
    shape: text,
    meaning:
      'The same server and database once more, as `staging.internal/shop_staging`, with `:port` behind the host unless that is 5432. A refresh that does not name both twice is refused',
    readBy: ['refresh'],
    file: { at: 'replaces' },
  },
  REFRESH_MASKING: {
    shape: absolutePath,
    without: 'nothing is masked',
    meaning: 'A file of SQL that is run in the restored database, as one transaction, before anybody may connect to it',
    readBy: ['refresh'],
    file: { at: 'masking' },
  },
  REFRESH_OWNERS: {
    shape: flag,
    default: 'false',
    meaning:
      'Whether the owners and grants of the backup are restored, too. Its roles must exist there. Otherwise everything belongs to the role that restores',
    readBy: ['refresh'],
    file: { at: 'owners' },
  },
  REFRESH_KEEP_PREVIOUS: {
    shape: flag,
    default: 'true',
    meaning: 'Whether what was replaced stays until the next refresh, as `shop_staging_before_20261130_060000`',
    readBy: ['refresh'],
    file: { at: 'keepPrevious' },
  },
  REFRESH_JOBS: {
    shape: wholeNumber(1, 64),
    default: '1',
    meaning: 'Parallel jobs of pg_restore. With more than one the archive is downloaded into `TMPDIR` first',
    readBy: ['refresh'],
    file: { at: 'jobs' },
  },
  REFRESH_TIMEOUT: {
    shape: wholeNumber(10, 7 * 86_400, 'seconds'),
    default: '86400',
    meaning: 'Seconds one refresh may take. On Lambda 900 is the limit',
    readBy: ['refresh'],
    file: { at: 'timeout' },
  },
} as const satisfies Readonly<Record<string, Variable>>;

/** Those of a server that say how to connect to the one of a refresh, and what they mean there. They stand below `to`. */
const CONNECTION: Partial<Readonly<Record<VariableName, string | undefined>>> = {
  POSTGRES_HOST: 'The server with the database that is replaced: one host, as for a server that is backed up',
  POSTGRES_PORT: 'Its port',
  POSTGRES_USER:
    'The role to log in as. It must be able to make databases, and have the rights of the owner of the database',
  POSTGRES_PASSWORD: undefined,
  PGPASSFILE: undefined,
  ...{ PGSSLMODE: 'As for a server', PGSSLROOTCERT: 'As for a server' },
  ...{ PGSSLCERT: 'As for a server', PGSSLKEY: 'As for a server' },
  ...{ PGCHANNELBINDING: 'As for a server', PGCONNECT_TIMEOUT: 'As for a server' },
};

/** The variables of the server that are settings of a refresh, too. */
export const CONNECTION_NAMES = Object.keys(CONNECTION) as readonly VariableName[];

/** What must be said of every refresh. */
export const REQUIRED: readonly string[] = [
  ...['REFRESH_FROM', 'REFRESH_DATABASE', 'REFRESH_REPLACES', 'POSTGRES_HOST', 'POSTGRES_USER'],
];

/** Every setting of a refresh, with its place below the name. */
export function refreshVariables(): readonly {
  readonly name: string;
  readonly variable: Variable;
  readonly at: string;
}[] {
  const own = Object.entries<Variable>(REFRESH_SETTINGS).map(([name, variable]) => ({
    ...{ name, variable, at: variable.file?.at ?? name },
  }));
  const connection = CONNECTION_NAMES.map((name) => {
    const { without: _, ...variable }: Variable = VARIABLES[name];
    return {
      name,
      variable: { ...variable, meaning: CONNECTION[name] ?? variable.meaning },
      at: `to.${variable.file?.at}`,
    };
  });
  return [...own, ...connection];
}
