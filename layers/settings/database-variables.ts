import * as z from 'zod';
import { databaseList, databaseName } from './database-list.ts';
import { absolutePath, anyText, choice, type Shape, text, wholeNumber, writtenAs } from './shapes.ts';
import type { Variable } from './variable.ts';

const NO_PORT = 'must be a whole number from 1 to 65535, or a list of them separated by commas';

/** Letters, digits, - and _: it stands in keys of the bucket. */
export const SERVER_NAME = /^[A-Za-z0-9][\w-]{0,62}$/;

const serverName: Shape<string> = z
  .string()
  .regex(/^\S(.{0,198}\S)?$/, 'must be one line of at most 200 characters, without spaces around it');

/** Separated by commas; hosts.ts reads them. */
const hostNames: Shape<string> = text.refine(
  (value) => value.split(',').every((host) => host.trim() !== ''),
  'has an empty name in its list',
);

const ports: Shape<string> = writtenAs(
  { type: ['integer', 'string'] },
  z
    .string()
    .refine((value) => value.split(',').every((port) => /^\s*\d{1,5}\s*$/.test(port) && isPort(Number(port))), NO_PORT),
);

function isPort(port: number): boolean {
  return port >= 1 && port <= 65_535;
}

/** libpq's, weakest first. @see https://www.postgresql.org/docs/current/libpq-ssl.html */
export const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;

/** What asks the server about its databases, as the role of the dumps. */
const ASKS = ['dump', 'find'] as const;

/** What connects to the server. */
const CONNECTS = [...ASKS, 'wal', 'base'] as const;

/** What must know which server is backed up. */
const KNOWS = [...CONNECTS, 'refresh'] as const;

/** The server. */
export const DATABASE_VARIABLES = {
  PGSERVICE: {
    shape: text,
    meaning: 'As in libpq: a [service](connections.md#services) of `PGSERVICEFILE`, which says what is not set here',
    readBy: KNOWS,
    file: { at: 'pgService', per: 'server', instead: ['POSTGRES_URL'] },
  },
  PGSERVICEFILE: {
    shape: absolutePath,
    meaning:
      'As in libpq: the file of services. Without it `PGSERVICE` is refused: no file of a user or a system is read',
    readBy: KNOWS,
    file: { at: 'pgServiceFile', per: 'server' },
  },
  POSTGRES_URL: {
    shape: anyText,
    meaning:
      'A [connection string](connections.md#connection-strings), such as a URL, instead of `POSTGRES_HOST`, `POSTGRES_USER` and the others that it contains',
    readBy: [...KNOWS, 'exporter', 'notify'],
  },
  POSTGRES_HOST: {
    shape: hostNames,
    without: 'embedded',
    meaning:
      'The server to back up: a name, an address, the folder of a Unix socket, or `@` and the name of an abstract one. [Several](connections.md#several-hosts), separated by commas, are tried in order',
    common: true,
    readBy: KNOWS,
    file: { at: 'host', per: 'server', list: true, instead: ['POSTGRES_URL', 'PGSERVICE'] },
    onAws: { required: 'the server to back up' },
  },
  POSTGRES_PORT: {
    shape: ports,
    default: '5432',
    meaning: "The server's port; with several hosts one for all, or one for each, separated by commas",
    readBy: KNOWS,
    file: { at: 'port', per: 'server', list: true },
    onAws: {},
  },
  PGTARGETSESSIONATTRS: {
    shape: choice('any', 'read-write', 'read-only', 'primary', 'standby', 'prefer-standby'),
    default: 'any',
    meaning:
      'As in libpq: which server is dumped: `any`, `primary`, `standby`, `prefer-standby`, `read-write` or `read-only`; see [several hosts](connections.md#several-hosts)',
    readBy: ASKS,
    file: { at: 'targetSessionAttrs', per: 'server' },
    onAws: {},
  },
  POSTGRES_SERVER_NAME: {
    shape: serverName,
    without: 'hosts and ports',
    meaning:
      'What the server is called in its backups. A dump refuses to mix two servers; set one name for a server with several addresses, such as a primary and its standbys. See [runbook.md](runbook.md#another-server)',
    readBy: CONNECTS,
    file: { at: 'serverName', per: 'server' },
    onAws: {},
  },
  POSTGRES_USER: {
    shape: anyText,
    without: 'embedded',
    meaning: 'The role to log in as. It must be able to [read everything](#what-the-role-must-be-able-to-do)',
    common: true,
    readBy: [...ASKS, 'recovery'],
    file: { at: 'user', per: 'server' },
    onAws: { required: 'the role to log in as' },
  },
  POSTGRES_PASSWORD: {
    shape: anyText,
    meaning: 'Its password',
    common: true,
    readBy: ASKS,
    file: { at: 'password', per: 'server' },
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
    file: { at: 'auth', per: 'server' },
    onAws: {},
  },
  PGPASSFILE: {
    shape: absolutePath,
    meaning: 'As in libpq: a [password file](connections.md#password-file), for where no password is set',
    readBy: CONNECTS,
    file: { at: 'pgPassFile', per: 'server' },
  },
  POSTGRES_DB: {
    shape: databaseName,
    without: '`shop` (embedded)',
    meaning: 'The database to back up. For several, use `POSTGRES_DBS`',
    common: true,
    readBy: ['dump', 'refresh', 'exporter', 'notify'],
  },
  POSTGRES_DBS: {
    shape: databaseList,
    meaning:
      'Instead of `POSTGRES_DB`: a JSON array of database names, such as `["shop", "crm"]`, or [patterns](#all-databases-of-a-server) such as `*,!scratch_*`. The schedule fires dump once for each database',
    // deploy/aws/parameters.ts makes one parameter of it and POSTGRES_DB.
    readBy: [...ASKS, 'refresh', 'exporter', 'notify'],
  },
  PGSSLMODE: {
    shape: choice(...SSL_MODES),
    without: '`prefer`; `verify-full` with `PGSSLROOTCERT=system`',
    meaning:
      'As in libpq: `disable`, `allow`, `prefer`, `require`, `verify-ca` or `verify-full`. Holds for every connection, as do the next five',
    readBy: CONNECTS,
    file: { at: 'ssl.mode', per: 'server' },
    onAws: {},
  },
  PGSSLROOTCERT: {
    shape: text,
    meaning: 'As in libpq: a PEM file of certificate authorities, or `system`, which needs `verify-full`',
    readBy: CONNECTS,
    file: { at: 'ssl.rootCert', per: 'server' },
    onAws: {},
  },
  PGSSLCERT: {
    shape: absolutePath,
    meaning:
      'As in libpq: a PEM file with the certificate that pgvouch logs in with; see [connections.md](connections.md#client-certificates)',
    readBy: CONNECTS,
    file: { at: 'ssl.cert', per: 'server' },
  },
  PGSSLKEY: {
    shape: absolutePath,
    meaning:
      'Its private key, a PEM file without a passphrase. As in libpq only its owner may read it (0600; 0640 if root owns it)',
    readBy: CONNECTS,
    file: { at: 'ssl.key', per: 'server' },
  },
  PGCHANNELBINDING: {
    shape: choice('disable', 'prefer', 'require'),
    default: 'prefer',
    meaning:
      'As in libpq: whether the password proves that TLS reaches as far as the server; see [connections.md](connections.md#channel-binding)',
    readBy: CONNECTS,
    file: { at: 'channelBinding', per: 'server' },
    onAws: {},
  },
  PGCONNECT_TIMEOUT: {
    shape: wholeNumber(1, 600, 'seconds'),
    default: '10',
    meaning: 'As in libpq',
    readBy: CONNECTS,
    file: { at: 'connectTimeout', per: 'server' },
    onAws: {},
  },
  POSTGRES_POOLER: {
    shape: choice('session'),
    without: 'poolers are refused',
    meaning:
      "Set it to `session` if you can only reach the server through a proxy, or a pooler in session mode, that gives each client a server session of its own. Never for a pooler in transaction mode: pg_dump's settings would stay in the sessions of your application",
    readBy: ASKS,
    file: { at: 'pooler', per: 'server' },
    onAws: {},
  },
} as const satisfies Readonly<Record<string, Variable>>;
