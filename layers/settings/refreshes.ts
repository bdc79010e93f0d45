import type * as z from 'zod';
import type { Environment, EnvironmentReader } from './environment.ts';
import { CONNECTION_NAMES, REFRESH_NAME, REFRESH_SETTINGS, REQUIRED } from './refresh-variables.ts';
import type { Shape } from './shapes.ts';
import { secretNames, VARIABLES } from './variables.ts';

/** A database elsewhere that is refreshed from the newest proved backup of one of ours. */
export interface RefreshSettings {
  readonly name: string;
  /** The database whose backups are used. */
  readonly from: string;
  /** An expression of EventBridge's; undefined if only people start it. */
  readonly schedule: string | undefined;
  readonly timezone: string;
  /** The one that is replaced. */
  readonly database: string;
  /** A file of SQL. */
  readonly masking: string | undefined;
  /** Whether owners and grants are restored. */
  readonly owners: boolean;
  readonly keepPrevious: boolean;
  readonly jobs: number;
  readonly timeoutS: number;
  /** How to connect to its server, by the variables of the one that is backed up. */
  readonly connection: Environment;
}

type Name = keyof typeof REFRESH_SETTINGS;

/**
 * Reads `REFRESHES`. What is wrong with one is reported with its name, as `(refresh "staging")`; it is left out.
 *
 * That the target is named twice is a part of it: neither a server nor a database is replaced by a slip in one place.
 */
export function readRefreshes(read: EnvironmentReader): readonly RefreshSettings[] {
  const named = Object.entries(read.get('REFRESHES') ?? {});
  return named.flatMap(([name, values]) => {
    const problems: string[] = [];
    const settings = refreshOf(name, values, (problem) => problems.push(problem));
    for (const problem of problems) read.problem(`${problem} (refresh ${JSON.stringify(name)})`);
    return problems.length === 0 ? [settings] : [];
  });
}

/** What `to` says must be said again: `staging.internal/shop_staging`, or `staging.internal:5432/shop_staging`. */
export function namesOfTarget({ POSTGRES_HOST: host, POSTGRES_PORT: port }: Environment, database: string): string[] {
  const usual = VARIABLES.POSTGRES_PORT.default;
  const at = port || usual;
  return [...(at === usual ? [`${host}/${database}`] : []), `${host}:${at}/${database}`];
}

function refreshOf(
  name: string,
  values: Readonly<Record<string, string>>,
  report: (problem: string) => void,
): RefreshSettings {
  if (!REFRESH_NAME.test(name)) report('REFRESHES has a name that is not letters, digits, - and _');
  for (const one of Object.keys(values))
    if (!KNOWN.has(one)) report(`REFRESHES has ${one}, which is no setting of one`);
  for (const one of REQUIRED) if (!values[one]) report(`${one} is not set`);
  const read = <Key extends Name>(key: Key): z.output<(typeof REFRESH_SETTINGS)[Key]['shape']> | undefined => {
    const { shape, default: fallback }: { readonly shape: Shape<unknown>; readonly default?: string } =
      REFRESH_SETTINGS[key];
    const text = values[key] || fallback;
    if (text === undefined) return undefined;
    const parsed = shape.safeParse(text);
    if (!parsed.success) report(`${key} ${parsed.error.issues.map(({ message }) => message).join(', ')}`);
    return parsed.data as z.output<(typeof REFRESH_SETTINGS)[Key]['shape']> | undefined;
  };
  const connection = Object.fromEntries(Object.entries(values).filter(([one]) => CONNECTING.has(one)));
  const database = read('REFRESH_DATABASE') ?? '';
  checkTarget(connection, database, read('REFRESH_REPLACES'), report);
  return {
    ...{ name, database, connection, from: read('REFRESH_FROM') ?? '' },
    ...{ schedule: read('REFRESH_SCHEDULE'), timezone: read('REFRESH_TIMEZONE') ?? '' },
    masking: read('REFRESH_MASKING'),
    owners: read('REFRESH_OWNERS') ?? false,
    keepPrevious: read('REFRESH_KEEP_PREVIOUS') ?? true,
    jobs: read('REFRESH_JOBS') ?? 1,
    timeoutS: read('REFRESH_TIMEOUT') ?? 0,
  };
}

function checkTarget(
  connection: Environment,
  database: string,
  replaces: string | undefined,
  report: (problem: string) => void,
): void {
  const { POSTGRES_HOST: host = '' } = connection;
  if (host.includes(',')) report('POSTGRES_HOST must be one host: what is replaced is on one server');
  if (host === '' || host.includes(',') || database === '' || replaces === undefined) return;
  const names = namesOfTarget(connection, database);
  if (names.includes(replaces)) return;
  report(`REFRESH_REPLACES must name the same server and database once more: ${names[0]}`);
}

/** `POSTGRES_PASSWORD_FILE` too. */
const CONNECTING: ReadonlySet<string> = new Set(
  CONNECTION_NAMES.flatMap((name) => (name === 'POSTGRES_PASSWORD' ? secretNames(name) : [name])),
);
const KNOWN: ReadonlySet<string> = new Set([...CONNECTING, ...Object.keys(REFRESH_SETTINGS)]);
