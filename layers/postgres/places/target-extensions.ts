import type pg from 'pg';
import { DumpError } from '../../backup/errors.ts';
import type { Manifest } from '../../backup/manifest.ts';
import { aroundRestore } from '../../extensions/around-restore.ts';
import { objection } from '../../extensions/versions.ts';
import { connect } from '../connect/connection.ts';
import { serverError } from '../connect/server-error.ts';
import type { ConnectionTarget } from '../connect/target.ts';
import { createExtensionSql } from './create-database.ts';
import { finishExtensions, listExtensions } from './drill-extensions.ts';

type Extension = Manifest['source']['extensions'][number];

/**
 * Makes those extensions in an empty database that must know of a restore, each in its schema, which is there, and in the
 * version that the backup has. Then they learn that one begins.
 *
 * @throws {@link DumpError} if the server refuses, or has another version whose restore would come to nothing
 */
export async function beginRestore(
  target: ConnectionTarget,
  database: string,
  extensions: readonly Extension[],
): Promise<void> {
  await within(target, database, async (client) => {
    for (const extension of extensions) {
      const { name, version } = extension;
      const there = await versionOf(client, name);
      if (there !== undefined && there !== version) {
        const why = objection({ name, backup: version, restored: there });
        if (why !== undefined) throw otherVersion(database, { name, version, there, why });
      }
      await client.query(createExtensionSql(extension));
    }
    for (const statement of aroundRestore(await listExtensions(client)).before) await client.query(statement);
  });
}

/**
 * Tells them that the restore is over, however it went.
 *
 * @returns what failed, each a sentence
 */
export async function endRestore(target: ConnectionTarget, database: string): Promise<string[]> {
  return within(target, database, finishExtensions);
}

async function versionOf(client: pg.Client, name: string): Promise<string | undefined> {
  const { rows } = await client.query<{ version: string }>(
    'SELECT extversion AS version FROM pg_catalog.pg_extension WHERE extname = $1',
    [name],
  );
  return rows[0]?.version;
}

async function within<T>(target: ConnectionTarget, database: string, work: (client: pg.Client) => Promise<T>) {
  const client = await connect(target, database, 'pgvouch restore');
  try {
    return await work(client);
  } catch (error) {
    throw error instanceof DumpError ? error : serverError('prepare the extensions of', `"${database}"`, error);
  } finally {
    await client.end();
  }
}

function otherVersion(
  database: string,
  { name, version, there, why }: { name: string; version: string; there: string; why: string },
): DumpError {
  return new DumpError({
    operation: 'restore into',
    subject: `"${database}"`,
    problem: `it has ${name} ${there}; the backup has ${name} ${version}: ${why}`,
    hint: `nothing was restored; install ${name} ${version} on the server, and restore into a new database`,
  });
}
