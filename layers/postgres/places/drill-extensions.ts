import pg from 'pg';
import type { Manifest } from '../../backup/manifest.ts';
import { cutOff, listReaching } from './foreign-access.ts';

type Extension = Manifest['source']['extensions'][number];

/**
 * Makes a backup's extensions in the drill's database, each in its schema and in the version that it had: pg_restore would
 * take the version that is the server's default. None of them can reach another server or a file afterwards.
 *
 * Tried rather than looked up: an extension may be listed whose library cannot be loaded.
 *
 * @param extensions - those that others need first
 * @returns what the server lacks, each a sentence
 */
export async function makeExtensions(client: pg.Client, extensions: readonly Extension[]): Promise<string[]> {
  const lacking: string[] = [];
  for (const extension of extensions) {
    const problem = await makeExtension(client, extension);
    if (problem !== undefined) lacking.push(problem);
  }
  const reaching = await listReaching(client);
  try {
    await cutOff(client);
    return lacking;
  } catch (error) {
    // Better not there at all than calling on other servers.
    for (const name of reaching) await client.query(`DROP EXTENSION ${pg.escapeIdentifier(name)} CASCADE`);
    const { message } = error as Error;
    return [
      ...lacking,
      ...reaching.map((name) => `The extension ${name} was left out: a drill must reach no other server (${message}).`),
    ];
  }
}

async function makeExtension(client: pg.Client, { name, version, schema }: Extension): Promise<string | undefined> {
  const create = `CREATE EXTENSION IF NOT EXISTS ${pg.escapeIdentifier(name)} WITH SCHEMA ${pg.escapeIdentifier(schema)}`;
  try {
    await client.query(`${create} VERSION ${pg.escapeLiteral(version)} CASCADE`);
  } catch {
    try {
      await client.query(`${create} CASCADE`);
    } catch (error) {
      return `The scratch server lacks the extension ${name} ${version}: ${(error as Error).message}.`;
    }
  }
  const { rows } = await client.query<{ version: string }>(
    'SELECT extversion AS version FROM pg_catalog.pg_extension WHERE extname = $1',
    [name],
  );
  const made = rows[0]?.version;
  return made === version ? undefined : `The scratch server has ${name} ${made}; the backup has ${name} ${version}.`;
}
