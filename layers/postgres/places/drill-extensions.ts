import pg from 'pg';
import { givenUpIn } from '../../backup/given-up.ts';
import type { Manifest } from '../../backup/manifest.ts';
import { aroundRestore, type Present } from '../../extensions/around-restore.ts';
import { objection } from '../../extensions/versions.ts';
import { createExtensionSql } from './create-database.ts';
import { cutOff, listReaching } from './foreign-access.ts';

type Extension = Manifest['source']['extensions'][number];

/** What became of a backup's extensions on a server, each a sentence. */
export interface MadeExtensions {
  readonly lacking: readonly string[];
  /** Those in another version, or given up by PostgreSQL. If all that comes after succeeds, it was good enough. */
  readonly otherVersions: readonly string[];
  /** The names of those that PostgreSQL has given up: nothing can be said of them there. */
  readonly givenUp: readonly string[];
  /** The names of those that reached other servers or files before they were cut off. */
  readonly reaching: readonly string[];
}

/**
 * Makes a backup's extensions in the drill's database, each in its schema and in the version that it had: pg_restore would
 * take the version that is the server's default. None of them can reach another server or a file afterwards. Those that must
 * know of a restore learn of it.
 *
 * Tried rather than looked up: an extension may be listed whose library cannot be loaded. Each in a session of its own:
 * TimescaleDB ends the one that makes it where it was not preloaded.
 *
 * @param within - opens a session in the drill's database
 * @param extensions - those that others need first
 */
export async function makeExtensions(within: Within, extensions: readonly Extension[]): Promise<MadeExtensions> {
  const lacking: string[] = [];
  const otherVersions: string[] = [];
  const givenUp: string[] = [];
  const major = await within(majorOf);
  for (const extension of extensions) {
    const since = givenUpIn(extension.name);
    if (since !== undefined && since <= major) {
      givenUp.push(extension.name);
      otherVersions.push(
        `The extension ${extension.name} was left out: PostgreSQL ${since} and newer have it no more.`,
      );
      continue;
    }
    const { lacks, otherVersion } = await within((client) => makeExtension(client, extension));
    if (lacks !== undefined) lacking.push(lacks);
    if (otherVersion !== undefined) otherVersions.push(otherVersion);
  }
  const { reaching, cut } = await within(makeReady);
  return { lacking: [...lacking, ...cut], otherVersions, givenUp, reaching };
}

type Within = <T>(work: (client: pg.Client) => Promise<T>) => Promise<T>;

/** @returns the names of those that reached out, and what was left out therefore, a sentence each */
async function makeReady(client: pg.Client): Promise<{ reaching: readonly string[]; cut: readonly string[] }> {
  const { before } = aroundRestore(await listExtensions(client));
  for (const statement of before) await client.query(statement);
  const reaching = await listReaching(client);
  try {
    await cutOff(client);
    return { reaching, cut: [] };
  } catch (error) {
    // Better not there at all than calling on other servers.
    for (const name of reaching) await client.query(`DROP EXTENSION ${pg.escapeIdentifier(name)} CASCADE`);
    const { message } = error as Error;
    const cut = reaching.map(
      (name) => `The extension ${name} was left out: a drill must reach no other server (${message}).`,
    );
    return { reaching, cut };
  }
}

async function majorOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ major: number }>(
    "SELECT pg_catalog.current_setting('server_version_num')::int / 10000 AS major",
  );
  return rows[0]?.major ?? 0;
}

/**
 * Does what extensions ask for after a restore.
 *
 * @returns what failed, each a sentence
 */
export async function finishExtensions(client: pg.Client): Promise<string[]> {
  const failed: string[] = [];
  for (const statement of aroundRestore(await listExtensions(client)).after) {
    await client.query(statement).catch((error: Error) => {
      failed.push(`After the restore, the scratch server refused ${statement}: ${error.message}.`);
    });
  }
  return failed;
}

/** Those of a database. */
export async function listExtensions(client: pg.Client): Promise<Present[]> {
  const { rows } = await client.query<Present>(`
    SELECT extname AS name, extnamespace::pg_catalog.regnamespace::pg_catalog.name AS schema, extversion AS version
      FROM pg_catalog.pg_extension`);
  return rows;
}

interface Made {
  readonly lacks?: string;
  readonly otherVersion?: string;
}

async function makeExtension(client: pg.Client, extension: Extension): Promise<Made> {
  const { name, version } = extension;
  const create = (wanted: Parameters<typeof createExtensionSql>[0]) =>
    client.query(`${createExtensionSql(wanted)} CASCADE`).then(
      () => undefined,
      (error: Error & { readonly severity?: string }) => error,
    );
  const own = await create(extension);
  // What is fatal ends the session.
  const refused = own && own.severity !== 'FATAL' ? await create({ ...extension, version: undefined }) : own;
  if (refused) return { lacks: `The scratch server lacks the extension ${name} ${version}: ${refused.message}.` };
  const { rows } = await client.query<{ version: string }>(
    'SELECT extversion AS version FROM pg_catalog.pg_extension WHERE extname = $1',
    [name],
  );
  const made = rows[0]?.version;
  if (made === undefined || made === version) return {};
  const sentence = `The scratch server has ${name} ${made}; the backup has ${name} ${version}`;
  const why = objection({ name, backup: version, restored: made });
  return why === undefined ? { otherVersion: `${sentence}.` } : { lacks: `${sentence}: ${why}.` };
}
