import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { refreshKey, verdictKey } from '../../../layers/backup/keys.ts';
import type { Manifest } from '../../../layers/backup/manifest.ts';
import { parseRefreshRecord, type RefreshRecord } from '../../../layers/backup/refresh-record.ts';
import { variablesOf } from '../servers/command-line.ts';
import { PASSWORD } from '../servers/postgres.ts';
import { nameOf, type World, type WorldOptions, world } from './world.ts';

/** A database to be refreshed from the backups of another one, on one server. */
export interface Refreshing {
  readonly here: World;
  /** The one that is refreshed, with a row of its own in `old`; made with {@link makeStaging}. */
  readonly staging: string;
  /** Who does it: it may make databases, and end sessions of others. */
  readonly role: string;
  /** For the command line: with a pgvouch.yaml. */
  readonly env: Record<string, string>;
  /** Writes the file of SQL that masks. */
  mask(sql: string): void;
  /** Databases that begin with its name. */
  databases(): Promise<string[]>;
  record(): Promise<RefreshRecord | undefined>;
}

const SHOP = `
  CREATE TABLE customers (id int PRIMARY KEY, email text NOT NULL);
  INSERT INTO customers SELECT g, 'person' || g || '@example.com' FROM generate_series(1, 100) g;
  CREATE TABLE orders (id serial PRIMARY KEY, customer int REFERENCES customers);
  INSERT INTO orders (customer) SELECT g FROM generate_series(1, 50) g;`;

/** A file of the test's own, which goes with it. */
function temporaryFile(name: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'pgvouch-refresh-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return path.join(folder, name);
}

/**
 * @param changes - of the refresh in the file: keys and their values as YAML
 * @param options - `onto` names the database itself, at another address of its server
 */
export async function refreshing(
  changes: Readonly<Record<string, string>> = {},
  options: WorldOptions & { readonly onto?: { readonly host: string } } = {},
): Promise<Refreshing> {
  const here = await world(options);
  await here.sql(SHOP);
  const { onto } = options;
  const role = `refresher_${randomUUID().slice(0, 8)}`;
  const staging = onto ? here.database : `staging_${randomUUID().slice(0, 8)}`;
  await here.postgres.sql(
    'postgres',
    `CREATE ROLE ${role} LOGIN CREATEDB PASSWORD ${quoted(PASSWORD)}; GRANT pg_signal_backend TO ${role}`,
  );
  const [file, masking, password] = [
    temporaryFile('pgvouch.yaml'),
    temporaryFile('mask.sql'),
    temporaryFile('password'),
  ];
  writeFileSync(password, PASSWORD);
  const { port } = here.postgres.target;
  const { host } = onto ?? here.postgres.target;
  const keys = {
    from: here.database,
    to: `{ host: ${host}, port: ${port}, user: ${role}, password: { file: ${password} }, ssl: { mode: disable }, database: ${staging} }`,
    replaces: `${host}:${port}/${staging}`,
    masking,
    ...changes,
  };
  const lines = Object.entries(keys).flatMap(([key, value]) => (value === '' ? [] : [`      ${key}: ${value}`]));
  writeFileSync(file, `server:\n  databases: [${here.database}]\n  refresh:\n    staging:\n${lines.join('\n')}\n`);
  writeFileSync(masking, MASK);
  const key = refreshKey(here.vault.prefix, 'staging');
  return {
    ...{ here, staging, role },
    env: { ...variablesOf(here.vault, here.postgres.target), PGVOUCH_CONFIG: file },
    mask: (sql) => writeFileSync(masking, sql),
    async databases() {
      const rows = await here.postgres.sql<{ name: string }>(
        'postgres',
        `SELECT datname AS name FROM pg_database WHERE datname LIKE '${staging}%' ORDER BY 1`,
      );
      return rows.map(({ name }) => name);
    },
    async record() {
      const text = await here.vault.getText(key);
      return text === undefined ? undefined : parseRefreshRecord(text, key);
    },
  };
}

/**
 * SQL that masks once it may, so that a test can look around meanwhile.
 *
 * @returns with what it is let go
 */
export function gatedMask(here: World): { readonly sql: string; open(): Promise<void> } {
  const gate = `gate_${randomUUID().slice(0, 8)}`;
  const sql = `DO $$ BEGIN
    WHILE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${gate}') LOOP PERFORM pg_sleep(0.02); END LOOP;
  END $$;\n${MASK}`;
  return { sql, open: async () => void (await here.postgres.sql('postgres', `CREATE ROLE ${gate}`)) };
}

/** What the file that masks says, unless a test says otherwise. */
export const MASK = `UPDATE customers SET email = 'customer' || id || '@invalid';\n`;

/** Makes the database that is to be replaced, the role's own. */
export async function makeStaging({ here: { postgres }, staging, role }: Refreshing): Promise<void> {
  await postgres.createDatabase(staging, `OWNER ${role}`);
  await postgres.sql(staging, 'CREATE TABLE old (id int); INSERT INTO old VALUES (1)');
}

/** A backup that counts as proved; what a drill would say is another test's matter. */
export async function provedBackup({ here }: Refreshing, firedAt = new Date()): Promise<Manifest> {
  const manifest = await here.dump(here.database, { firedAt, sharedGlobalsMs: 48 * 3_600_000 });
  await here.vault.put(verdictKey(here.vault.prefix, nameOf(manifest), 'restorable'), '{}');
  return manifest;
}

/** The emails in the database that is refreshed; undefined while it is the old one. */
export async function emailsIn({ here: { postgres }, staging }: Refreshing): Promise<string[] | undefined> {
  const [there] = await postgres.sql<{ there: boolean }>(
    staging,
    `SELECT to_regclass('customers') IS NOT NULL AS there`,
  );
  if (!there?.there) return undefined;
  const rows = await postgres.sql<{ email: string }>(staging, 'SELECT email FROM customers ORDER BY id');
  return rows.map(({ email }) => email);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
