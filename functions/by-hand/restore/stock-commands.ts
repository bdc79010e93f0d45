import { chooseTables } from '../../../layers/backup/choose-tables.ts';
import { ConfigError } from '../../../layers/backup/errors.ts';
import { formatFiredAt } from '../../../layers/backup/instant.ts';
import { isSealedKey } from '../../../layers/backup/keys.ts';
import { leftOutWords } from '../../../layers/backup/left-out.ts';
import type { Manifest } from '../../../layers/backup/manifest.ts';
import type { Backup } from '../../../layers/catalog/backups.ts';
import { standingOf } from '../../../layers/catalog/standing.ts';
import { aroundRestore } from '../../../layers/extensions/around-restore.ts';
import { mostJobs } from '../../../layers/extensions/needs.ts';
import { KNOWS_TRANSACTION_TIMEOUT } from '../../../layers/postgres/complaints/older-server.ts';
import { connectionString } from '../../../layers/postgres/connect/connection-string.ts';
import {
  createDatabaseSql,
  createExtensionSql,
  ensureSchemaSql,
  partSql,
} from '../../../layers/postgres/places/create-database.ts';
import type { PropertyStatement } from '../../../layers/postgres/places/properties-sql.ts';
import { restoreArguments } from '../../../layers/restoring/bring-archive.ts';
import { schemasOf, tableArguments } from '../../../layers/restoring/choose-tables.ts';
import { statementsFor } from '../../../layers/restoring/database-itself.ts';
import type { RestoreRequest } from '../../../layers/restoring/request.ts';
import type { VaultConfig } from '../../../layers/vault/config.ts';
import { shellWord } from '../../../layers/words/shell.ts';

/**
 * The same restore as a shell script of stock tools: aws, sha256sum, psql and pg_restore. No password stands in it, and
 * it runs without pgvouch. Pure.
 */
export function stockCommands(
  vault: Pick<VaultConfig, 'bucket' | 'server' | 'region'>,
  {
    backup,
    to,
    options,
  }: Pick<RestoreRequest, 'to' | 'options'> & { readonly backup: Backup & { readonly manifest: Manifest } },
): string {
  const { manifest, entry } = backup;
  const { archive, globals, source } = manifest;
  const tables = chooseTables(manifest, options.tables);
  const leftOut = leftOutWords(manifest.leftOut).replace(/\s/g, ' ');
  if (options.complete) {
    throw new ConfigError({
      operation: 'print commands',
      problem: 'stock pg_restore has no option for the indexes and constraints of single tables',
      hint: 'leave out --print, or --complete; by hand, edit what pg_restore --list prints, and give it to --use-list',
    });
  }
  const stem = `${entry.database.replace(/[^A-Za-z0-9._-]/g, '_')}-${formatFiredAt(entry.firedAt)}`.replace(/^-/, '_');
  const isSealed = isSealedKey(archive.key);
  const fetch = ({ key, sha256 }: Pick<Manifest['archive'], 'key' | 'sha256'>, file: string) => {
    const stored = isSealedKey(key) ? `${file}.age` : file;
    return [
      `${awsCommand(vault)} s3 cp ${shellWord(`s3://${vault.bucket}/${key}`)} ${shellWord(stored)}`,
      `echo ${shellWord(`${sha256}  ${stored}`)} | sha256sum --check`,
      ...(stored === file
        ? []
        : [`age --decrypt --identity "$AGE_IDENTITY" --output ${shellWord(file)} ${shellWord(stored)}`]),
    ];
  };
  const [dump, sql] = [`${stem}.dump`, `${stem}-globals.sql`];
  // A database that is there already is somebody's, and keeps its own.
  const statements = statementsFor(to.database, options.create ? source.properties : undefined, options);
  const tablespace = options.properties && !options.without.includes('--no-tablespaces');
  const database = shellWord(connectionString(to.database));
  const psql = (sql: string) => `psql --no-psqlrc --dbname=${database} --command=${shellWord(sql)}`;
  const around = tables.length > 0 ? aroundRestore([]) : aroundRestore(source.extensions);
  const mindful = source.extensions.filter(({ name }) => around.names.includes(name));
  const { host, port, user, sslMode, sslRootCert } = to.target;
  return [
    `# ${entry.database}, as it was at ${manifest.snapshotAt}; ${standingOf(backup)}; from PostgreSQL ${manifest.server.version}`,
    `# needs pg_restore ${archive.oldestPgRestore} or newer, psql, the aws command line and ${archive.sizeBytes} bytes of disk`,
    vault.server === undefined
      ? '# credentials for the bucket: aws finds them by itself'
      : '# credentials for the bucket: export AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=… (MINIO_ACCESS_KEY and _SECRET_KEY)',
    ...(leftOut === '' ? [] : [`# it is partial: ${leftOut}`]),
    '# the password: export PGPASSWORD=…, or ~/.pgpass',
    ...(isSealed
      ? ['# it is sealed: export AGE_IDENTITY=…, the file with the identity; age 1.0 or newer opens it']
      : []),
    'set -eu',
    `export AWS_DEFAULT_REGION=${shellWord(vault.region)}`,
    `export PGHOST=${shellWord(host)} PGPORT=${port} PGUSER=${shellWord(user)} PGSSLMODE=${sslMode}`,
    // Amounts of money in another country's format would be refused, or read as others.
    ...(source.monetary === undefined ? [] : [`export PGOPTIONS=${shellWord(`-c lc_monetary=${source.monetary}`)}`]),
    ...(sslRootCert === undefined ? [] : [`export PGSSLROOTCERT=${shellWord(sslRootCert)}`]),
    '',
    ...fetch(archive, dump),
    ...(options.globals
      ? [
          '',
          ...fetch(globals, sql),
          '# complains about roles that already exist, and sets their passwords to those of the backup: yours too',
        ]
      : []),
    ...(options.globals ? [`psql --no-psqlrc --dbname=postgres --file=${shellWord(sql)}`] : []),
    '',
    ...(options.create
      ? [
          ...(source.localeProvider === 'libc'
            ? ['# a server older than 15 has no LOCALE_PROVIDER: leave that out']
            : []),
          `psql --no-psqlrc --dbname=postgres --command=${shellWord(createDatabaseSql(to.database, source, { tablespace }))}`,
        ]
      : []),
    ...psqlCommands(database, statements.before),
    ...(tables.length > 0 ? schemasOf(tables).map(ensureSchemaSql) : partSql(manifest.leftOut)).map(psql),
    ...(mindful.length === 0
      ? []
      : [`# ${around.names.join(', ')}: only into an empty database, and in the version of the backup`]),
    ...mindful.map((extension) => psql(createExtensionSql(extension))),
    ...around.before.map(psql),
    ...(archive.oldestPgRestore >= KNOWS_TRANSACTION_TIMEOUT
      ? [
          '# a server older than 17 refuses transaction_timeout: leave out --exit-on-error there, and accept only that error',
        ]
      : []),
    [
      'pg_restore',
      `--dbname=${database}`,
      `--jobs=${Math.min(options.jobs, mostJobs(around.names))}`,
      ...(options.goOn ? [] : ['--exit-on-error']),
      ...restoreArguments(options, options.clean !== undefined).map(shellWord),
      ...tableArguments(tables).map(shellWord),
      shellWord(dump),
    ].join(' '),
    ...around.after.map(psql),
    ...(options.analyze ? [psql('ANALYZE')] : []),
    ...psqlCommands(database, statements.after),
    '',
  ].join('\n');
}

/** One session, which goes on after what the server refuses. */
function psqlCommands(database: string, statements: readonly PropertyStatement[]): string[] {
  if (statements.length === 0) return [];
  const commands = statements.map(({ sql }) => `  --command=${shellWord(sql)}`);
  return [
    '',
    '# what belongs to the database itself: whatever the server refuses is printed, and the rest is done',
    `${[`psql --no-psqlrc --dbname=${database}`, ...commands].join(' \\\n')} || true`,
  ];
}

function awsCommand({ server }: Pick<VaultConfig, 'server'>): string {
  return server === undefined ? 'aws' : `aws --endpoint-url ${shellWord(server.endpoint)}`;
}
