import type { Adopted } from '../../../layers/backup/adopted.ts';
import { ConfigError } from '../../../layers/backup/errors.ts';
import type { FoundDatabases } from '../../../layers/backup/found-databases.ts';
import { foundDatabasesKey, serverKey } from '../../../layers/backup/keys.ts';
import { type NamedServer, printServer, readServer } from '../../../layers/backup/server-identity.ts';
import { readFound } from '../../../layers/catalog/read-found.ts';
import { connect } from '../../../layers/postgres/connect/connection.ts';
import { listDatabases } from '../../../layers/postgres/connect/list-databases.ts';
import { readServerFacts } from '../../../layers/postgres/connect/server-facts.ts';
import { readIdentity } from '../../../layers/postgres/connect/server-identity.ts';
import type { ConnectionTarget } from '../../../layers/postgres/connect/target.ts';
import { beginReadOnly } from '../../../layers/postgres/connect/transaction.ts';
import type { Vault } from '../../../layers/vault/vault.ts';

/**
 * Writes down that a server is a database's from now on: dumps of it are taken, dumps of any other are refused. It
 * changes no backup.
 */
export async function adopt(
  vault: Vault,
  database: string,
  server: NamedServer,
  by: Pick<Adopted, 'adoptedAt' | 'by' | 'reason'>,
): Promise<void> {
  const { systemIdentifier, name } = server;
  const adopted: Adopted = {
    format: 'pgvouch/server',
    formatVersion: 1,
    database,
    ...by,
    server: { systemIdentifier, name },
  };
  await vault.put(serverKey(vault.prefix, database), `${JSON.stringify(adopted, null, 2)}\n`);
}

/**
 * The same of all databases that were found: find asks that server from now on, and refuses any other.
 *
 * @returns their names; none if nothing was found yet
 */
export async function adoptFound(vault: Vault, { systemIdentifier, name }: NamedServer): Promise<string[]> {
  const unreadable = (error: Error) => {
    throw error;
  };
  const found = await readFound(vault, unreadable);
  if (found === undefined) return [];
  const adopted: FoundDatabases = { ...found, server: { systemIdentifier, standby: false, name } };
  await vault.put(foundDatabasesKey(vault.prefix), `${JSON.stringify(adopted, null, 2)}\n`);
  return [...found.databases, ...found.gone].map((one) => one.name);
}

/** Asks a server who it is, as a dump does. @throws {@link DumpError} if it cannot be asked */
export async function askServer(
  targetOf: (database: string) => Promise<ConnectionTarget>,
  database: string | undefined,
): Promise<NamedServer> {
  if (database === undefined) return (await listDatabases(targetOf, [])).server;
  const target = await targetOf(database);
  const client = await connect(target, database, 'pgvouch adopt');
  try {
    await beginReadOnly(client, 'READ COMMITTED', 60_000);
    const { systemIdentifier, standby } = await readServerFacts(client);
    const { name } = await readIdentity(client, target, standby);
    return { systemIdentifier, name };
  } finally {
    await client.end();
  }
}

/** The server that a dump's hint named. @throws {@link ConfigError} if it is none */
export function namedServer(text: string): NamedServer {
  const server = readServer(text);
  if (server !== undefined) return server;
  const like = printServer({ systemIdentifier: '7431234567890123456', name: 'db.internal:5432' });
  throw new ConfigError({
    operation: 'adopt',
    subject: text,
    problem: 'this does not name a server',
    hint: `copy it from the hint of the dump that was refused; it looks like ${like}`,
  });
}
