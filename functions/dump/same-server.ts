import { type Adopted, parseAdopted } from '../../layers/backup/adopted.ts';
import type { ListedObject } from '../../layers/backup/catalog.ts';
import { ConfigError, PgvouchError } from '../../layers/backup/errors.ts';
import { serverKey } from '../../layers/backup/keys.ts';
import type { Manifest } from '../../layers/backup/manifest.ts';
import { type NamedServer, printServer, whyAnotherServer } from '../../layers/backup/server-identity.ts';
import { shellWord } from '../../layers/words/shell.ts';
import type { Latest, LatestDeps } from './latest.ts';

/** A server whose name is known, as every server is that was just asked. */
export type Here = Manifest['server'] & NamedServer;

/**
 * Refuses a server that is not the one the catalog is of: the one of the newest backup, unless a person has named another
 * since.
 *
 * @throws {@link ConfigError} if it is another one
 */
export async function refuseAnotherServer(deps: LatestDeps, latest: Latest, here: Here): Promise<void> {
  const adopted = await readAdopted(deps, latest);
  if (adopted) {
    const { systemIdentifier, name } = adopted.server;
    if (systemIdentifier === here.systemIdentifier && name === here.name) return;
    throw anotherServer(deps.database, here, `${printServer(adopted.server)} was adopted at ${adopted.adoptedAt}`);
  }
  const why = latest.manifest && whyAnotherServer(latest.manifest, here);
  if (why !== undefined) throw anotherServer(deps.database, here, why);
}

/** @param why - as the rest of a sentence */
export function anotherServer(database: string, here: Here, why: string): ConfigError {
  const adopt = `npx pgvouch adopt --database ${shellWord(database)} --to ${shellWord(printServer(here))}`;
  return new ConfigError({
    operation: 'dump',
    subject: `"${database}"`,
    problem: `the backups here are of another server: ${why}`,
    hint: `two servers must not share a database name and a prefix: give each a BACKUP_PREFIX of its own. If this is the server to back up from now on, run ${adopt}`,
  });
}

/** A person's word, if no backup came after it. By the store's clock, which dated both. */
async function readAdopted(deps: LatestDeps, { adoption, entry }: Latest): Promise<Adopted | undefined> {
  if (adoption === undefined || isBefore(adoption, entry?.manifest)) return undefined;
  const key = serverKey(deps.vault.prefix, deps.database);
  const text = await deps.vault.getText(key, deps.signal);
  if (text === undefined) return undefined;
  try {
    return parseAdopted(text, key);
  } catch (error) {
    if (!(error instanceof PgvouchError)) throw error;
    deps.log.warn({ err: error, key }, 'the adopted server cannot be read: the newest backup decides');
    return undefined;
  }
}

function isBefore(one: ListedObject, other: ListedObject | undefined): boolean {
  return other !== undefined && one.modifiedAt < other.modifiedAt;
}
