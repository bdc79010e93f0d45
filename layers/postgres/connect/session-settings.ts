import pg from 'pg';

/** A setting that a role or a database may carry, and the value that every session of pgvouch runs with. */
interface Setting {
  readonly name: string;
  readonly value: string;
  /** Other values that change nothing for us, as a POSIX regular expression. Sessions that have one are left alone. */
  readonly alsoFine?: string;
  /** Only a superuser may change it. */
  readonly superuser?: boolean;
}

/** How the text of a value is written. A restore leaves these alone: a materialized view may depend on them. */
const TEXT: readonly Setting[] = [
  { name: 'datestyle', value: 'ISO, YMD', alsoFine: '^ISO' },
  { name: 'intervalstyle', value: 'postgres' },
  { name: 'extra_float_digits', value: '1', alsoFine: '^[23]$' },
  { name: 'bytea_output', value: 'hex' },
  { name: 'xmlbinary', value: 'base64' },
  { name: 'quote_all_identifiers', value: 'off' },
];

/** What a transaction that reads contents needs beyond {@link TEXT}: servers differ in these without any harm. */
const CONTENTS: readonly Setting[] = [
  { name: 'timezone', value: 'UTC' },
  { name: 'lc_monetary', value: 'C' },
  { name: 'row_security', value: 'off' },
];

/** How long statements may take, what transactions may do, how input is read, and what the server says. */
const CONDUCT: readonly Setting[] = [
  { name: 'statement_timeout', value: '0' },
  { name: 'lock_timeout', value: '0' },
  { name: 'idle_in_transaction_session_timeout', value: '0' },
  { name: 'idle_session_timeout', value: '0' },
  { name: 'transaction_timeout', value: '0' },
  { name: 'default_transaction_isolation', value: 'read committed' },
  { name: 'default_transaction_read_only', value: 'off' },
  { name: 'default_transaction_deferrable', value: 'off' },
  { name: 'standard_conforming_strings', value: 'on' },
  // Where it is off, COPY reads NULL in an array as the text 'NULL'.
  { name: 'array_nulls', value: 'on' },
  { name: 'exit_on_error', value: 'off' },
  { name: 'client_min_messages', value: 'notice', alsoFine: '^warning$' },
  // A complaint in English can be judged.
  { name: 'lc_messages', value: 'C', alsoFine: '^$|^(C|POSIX|en_)', superuser: true },
  // Either gives a damaged page out as an empty or a sound one.
  { name: 'zero_damaged_pages', value: 'off', superuser: true },
  { name: 'ignore_checksum_failure', value: 'off', superuser: true },
];

/** Programs set their own. An unqualified name must find what it finds by default. */
const SEARCH_PATH: Setting = { name: 'search_path', value: 'public', alsoFine: '^("\\$user", )?public$' };

/** What a role or database had set otherwise. */
export interface Deviations {
  /** The settings that were put right in this session. */
  readonly changed: readonly string[];
  /** Those that are wrong, and that only a superuser may put right. */
  readonly stuck: readonly string[];
}

/** The settings of a transaction that reads contents: a row's text is then the same on every server. */
export const CONTENT_SETTINGS = [...TEXT, ...CONTENTS]
  .map(({ name, value }) => `SET LOCAL ${name} = ${pg.escapeLiteral(value)}`)
  .join('; ');

/**
 * Puts right whatever ALTER ROLE or ALTER DATABASE … SET has changed of the settings that pgvouch depends on. Sessions
 * that are right already are left as they are: behind a pooler, others use them too.
 */
export async function settleSession(client: pg.Client): Promise<Deviations> {
  // A role's statement_timeout may be too short even to read the settings.
  const answers: unknown = await client.query(SETTLE);
  const [, { rows: timeouts }, , { rows: roles }, { rows: settings }] = answers as Answers;
  const limited = timeouts[0]?.statement_timeout !== '0';
  if (limited) await client.query('SET statement_timeout = 0');
  return {
    changed: [
      ...(limited ? ['statement_timeout'] : []),
      ...(roles.length > 0 ? ['role'] : []),
      ...settings.flatMap(({ name, value }) => (value === null ? [] : [name])),
    ],
    stuck: settings.flatMap(({ name, value }) => (value === null ? [name] : [])),
  };
}

/**
 * The same for a program of PostgreSQL, as `PGOPTIONS`: only what deviates, since poolers refuse most of it.
 *
 * @param task - `read` for pg_dump and pg_dumpall; `restore` for pg_restore and psql, which leave the text of values to
 *   the database
 * @returns empty if nothing deviates
 */
export function programOptions({ changed }: Deviations, task: 'read' | 'restore'): string {
  const settings = [ROLE, ...CONDUCT, ...(task === 'read' ? TEXT : [])];
  return settings
    .filter(({ name }) => changed.includes(name))
    .map(({ name, value }) => `-c ${name}=${value.replace(/[\\ ]/g, '\\$&')}`)
    .join(' ');
}

/** The role that connects is the one whose rights are meant. */
const ROLE: Setting = { name: 'role', value: 'none' };

type Answers = readonly [
  unknown,
  { rows: { statement_timeout: string }[] },
  unknown,
  { rows: object[] },
  { rows: { name: string; value: string | null }[] },
  unknown,
];

/** One message, so one round trip. Read committed, since a standby refuses a transaction that is serializable by default. */
const SETTLE = [
  'BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY',
  'SHOW statement_timeout',
  'SET LOCAL statement_timeout = 0',
  `SELECT pg_catalog.set_config('role', 'none', false) WHERE pg_catalog.current_setting('role') OPERATOR(pg_catalog.<>) 'none'`,
  // A setting that this server does not have is NULL, and so is not chosen.
  `SELECT name, CASE WHEN superuser AND pg_catalog.current_setting('is_superuser') OPERATOR(pg_catalog.<>) 'on' THEN NULL
                     ELSE pg_catalog.set_config(name, value, false) END AS value
     FROM (VALUES ${[...CONDUCT.slice(1), ...TEXT, SEARCH_PATH].map(row).join(', ')}) AS wanted(name, value, fine, superuser)
    WHERE pg_catalog.current_setting(name, true) OPERATOR(pg_catalog.<>) value
      AND pg_catalog.current_setting(name, true) OPERATOR(pg_catalog.!~) fine`,
  'COMMIT',
].join('; ');

function row({ name, value, alsoFine = '^$', superuser = false }: Setting): string {
  const texts = [name, value, alsoFine].map((text) => `${pg.escapeLiteral(text)}::pg_catalog.text`);
  return `(${texts.join(', ')}, ${superuser}::pg_catalog.bool)`;
}
