import * as z from 'zod';
import { databaseList, databaseName } from './database-list.ts';
import { absolutePath, anyText, choice, type Shape, schedule, text, wholeNumber } from './shapes.ts';
import type { Variable } from './variable.ts';

const NO_PORT = 'must be a whole number from 1 to 65535, or a list of them separated by commas';

const serverName: Shape<string> = z
  .string()
  .regex(/^\S(.{0,198}\S)?$/, 'must be one line of at most 200 characters, without spaces around it');

/** Separated by commas; hosts.ts reads them. */
const hostNames: Shape<string> = text.refine(
  (value) => value.split(',').every((host) => host.trim() !== ''),
  'has an empty name in its list',
);

const ports: Shape<string> = z
  .string()
  .refine((value) => value.split(',').every((port) => /^\s*\d{1,5}\s*$/.test(port) && isPort(Number(port))), NO_PORT);

function isPort(port: number): boolean {
  return port >= 1 && port <= 65_535;
}

/** libpq's, weakest first. @see https://www.postgresql.org/docs/current/libpq-ssl.html */
export const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;

/** What asks the server about its databases, as the role of the dumps. */
const ASKS = ['dump', 'find'] as const;

/** What connects to the server. */
const CONNECTS = [...ASKS, 'wal', 'base'] as const;

const DUMP_SCHEDULE = 'cron(0 2 * * ? *)';

/** The server, and how it is dumped. */
export const DATABASE_VARIABLES = {
  PGSERVICE: {
    shape: text,
    meaning: 'As in libpq: a [service](connections.md#services) of `PGSERVICEFILE`, which says what is not set here',
    readBy: CONNECTS,
  },
  PGSERVICEFILE: {
    shape: absolutePath,
    meaning:
      'As in libpq: the file of services. Without it `PGSERVICE` is refused: no file of a user or a system is read',
    readBy: CONNECTS,
  },
  POSTGRES_URL: {
    shape: anyText,
    meaning:
      'A [connection URL](connections.md#urls) instead of `POSTGRES_HOST`, `POSTGRES_USER` and the others that it contains',
    readBy: [...CONNECTS, 'exporter', 'notify'],
  },
  POSTGRES_HOST: {
    shape: hostNames,
    without: 'embedded',
    meaning:
      'The server to back up: a name, an address, the folder of a Unix socket, or `@` and the name of an abstract one. [Several](connections.md#several-hosts), separated by commas, are tried in order',
    common: true,
    readBy: CONNECTS,
    onAws: { required: 'the server to back up' },
  },
  POSTGRES_PORT: {
    shape: ports,
    default: '5432',
    meaning: "The server's port; with several hosts one for all, or one for each, separated by commas",
    readBy: CONNECTS,
    onAws: {},
  },
  PGTARGETSESSIONATTRS: {
    shape: choice('any', 'read-write', 'read-only', 'primary', 'standby', 'prefer-standby'),
    default: 'any',
    meaning:
      'As in libpq: which server is dumped: `any`, `primary`, `standby`, `prefer-standby`, `read-write` or `read-only`; see [several hosts](connections.md#several-hosts)',
    readBy: ASKS,
    onAws: {},
  },
  POSTGRES_SERVER_NAME: {
    shape: serverName,
    without: 'hosts and ports',
    meaning:
      'What the server is called in its backups. A dump refuses to mix two servers; set one name for a server with several addresses, such as a primary and its standbys. See [runbook.md](runbook.md#another-server)',
    readBy: CONNECTS,
    onAws: {},
  },
  POSTGRES_USER: {
    shape: anyText,
    without: 'embedded',
    meaning: 'The role to log in as. It must be able to [read everything](#what-the-role-must-be-able-to-do)',
    common: true,
    readBy: [...ASKS, 'recovery'],
    onAws: { required: 'the role to log in as' },
  },
  POSTGRES_PASSWORD: {
    shape: anyText,
    meaning: 'Its password',
    common: true,
    readBy: ASKS,
    secret: true,
    onAws: {
      required: "the ARN of the secret that holds the server's password",
      unless: { name: 'POSTGRES_AUTH', value: 'rds-iam' },
    },
  },
  POSTGRES_AUTH: {
    shape: choice('rds-iam'),
    without: 'a password, or none',
    meaning:
      '`rds-iam` logs in to RDS and Aurora with a token of IAM instead of a password; see [connections.md](connections.md#rds-with-iam)',
    readBy: ASKS,
    onAws: {},
  },
  PGPASSFILE: {
    shape: absolutePath,
    meaning: 'As in libpq: a [password file](connections.md#password-file), for where no password is set',
    readBy: CONNECTS,
  },
  POSTGRES_DB: {
    shape: databaseName,
    without: '`shop` (embedded)',
    meaning: 'The database to back up. For several, use `POSTGRES_DBS`',
    common: true,
    readBy: ['dump', 'exporter', 'notify'],
  },
  POSTGRES_DBS: {
    shape: databaseList,
    meaning:
      'Instead of `POSTGRES_DB`: a JSON array of database names, such as `["shop", "crm"]`, or [patterns](#all-databases-of-a-server) such as `*,!scratch_*`. The schedule fires dump once for each database',
    // deploy/aws/parameters.ts makes one parameter of it and POSTGRES_DB.
    readBy: [...ASKS, 'exporter', 'notify'],
  },
  PGSSLMODE: {
    shape: choice(...SSL_MODES),
    without: '`prefer`; `verify-full` with `PGSSLROOTCERT=system`',
    meaning:
      'As in libpq: `disable`, `allow`, `prefer`, `require`, `verify-ca` or `verify-full`. Holds for every connection, as do the next five',
    readBy: CONNECTS,
    onAws: {},
  },
  PGSSLROOTCERT: {
    shape: text,
    meaning: 'As in libpq: a PEM file of certificate authorities, or `system`, which needs `verify-full`',
    readBy: CONNECTS,
    onAws: {},
  },
  PGSSLCERT: {
    shape: absolutePath,
    meaning:
      'As in libpq: a PEM file with the certificate that pgvouch logs in with; see [connections.md](connections.md#client-certificates)',
    readBy: CONNECTS,
  },
  PGSSLKEY: {
    shape: absolutePath,
    meaning:
      'Its private key, a PEM file without a passphrase. As in libpq only its owner may read it (0600; 0640 if root owns it)',
    readBy: CONNECTS,
  },
  PGCHANNELBINDING: {
    shape: choice('disable', 'prefer', 'require'),
    default: 'prefer',
    meaning:
      'As in libpq: whether the password proves that TLS reaches as far as the server; see [connections.md](connections.md#channel-binding)',
    readBy: CONNECTS,
    onAws: {},
  },
  PGCONNECT_TIMEOUT: {
    shape: wholeNumber(1, 600, 'seconds'),
    default: '10',
    meaning: 'As in libpq',
    readBy: CONNECTS,
    onAws: {},
  },
  POSTGRES_POOLER: {
    shape: choice('session'),
    without: 'poolers are refused',
    meaning:
      "Set it to `session` if you can only reach the server through a proxy, or a pooler in session mode, that gives each client a server session of its own. Never for a pooler in transaction mode: pg_dump's settings would stay in the sessions of your application",
    readBy: ASKS,
    onAws: {},
  },
  PG_CLIENT_DIR: {
    shape: anyText,
    without: 'built into `.pgvouch/`',
    meaning:
      'Your own PostgreSQL client programs: folders, separated by colons. For each server pgvouch picks the programs of the same major version, or else of the next newer one. By default it has 15, 17 and 18, and looks in Debian for newer packages when `npm start` or `npm run layers` runs',
    readBy: ['dump', 'verify', 'recovery'],
  },
  DUMP_SCHEDULE: {
    shape: schedule,
    default: DUMP_SCHEDULE,
    meaning: "When to back up, in EventBridge's syntax, in UTC",
    common: true,
    readBy: ['exporter'],
    onAws: { default: DUMP_SCHEDULE },
  },
  DUMP_CONCURRENCY: {
    shape: wholeNumber(1, 100),
    default: '1',
    meaning:
      'How many databases of the server are dumped at the same time. Each dump takes four connections there; see also [service.md](service.md#memory)',
    readBy: ['find'],
    onAws: {
      without: '1 with patterns in `POSTGRES_DBS`, else no limit',
      meaning:
        "How many databases are dumped at the same time: dump's reserved concurrency, taken from the account's pool, which is small in a new account. See [several databases](aws.md#several-databases)",
    },
  },
  DUMP_TIMEOUT: {
    shape: wholeNumber(10, 7 * 86_400, 'seconds'),
    default: '900',
    meaning: 'Seconds one dump may take. On Lambda 900 is the limit; elsewhere up to 7 days',
    readBy: ['dump', 'retention'],
    onAws: {},
  },
  DUMP_LOCK_TIMEOUT: {
    shape: wholeNumber(1, 86_400, 'seconds'),
    default: '300',
    meaning: 'Seconds a dump waits for the lock of a table',
    readBy: ['dump'],
    onAws: {},
  },
  FINGERPRINT: {
    shape: choice('counts', 'content'),
    default: 'counts',
    meaning:
      "`content` also records a fingerprint of every table's contents, and compares it in the drill. That reads every row once more; see [drills.md](drills.md#what-a-drill-costs)",
    readBy: ['dump'],
    onAws: {},
  },
  CHECK_INDEXES: {
    shape: choice('off', 'amcheck'),
    default: 'off',
    meaning:
      '`amcheck` has every B-tree index checked while pg_dump runs, and names the damaged ones in log, manifest and verdict. That reads every index and table once more; see [drills.md](drills.md#damaged-indexes)',
    readBy: ['dump'],
    onAws: {},
  },
} as const satisfies Readonly<Record<string, Variable>>;
