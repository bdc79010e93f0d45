import { ConfigError } from '../../layers/backup/errors.ts';
import type { FoundDatabases } from '../../layers/backup/found-databases.ts';
import { printServer, whyAnotherServer } from '../../layers/backup/server-identity.ts';
import { readFound } from '../../layers/catalog/read-found.ts';
import { shellWord } from '../../layers/words/shell.ts';
import type { FindDeps } from './request.ts';

/**
 * What was found the last time. A document that is damaged counts as none, and the log says so: then nobody knows which
 * databases are gone, but those that are there are backed up.
 *
 * @throws {@link VaultError} if the vault does not answer, {@link ConfigError} if a newer pgvouch wrote it
 */
export function readKnown({ vault, log }: FindDeps, signal: AbortSignal): Promise<FoundDatabases | undefined> {
  const unreadable = (error: Error) => {
    if (error instanceof ConfigError) throw error;
    log.warn({ err: error }, 'what was found the last time cannot be read: every database counts as new');
    return undefined;
  };
  return readFound(vault, unreadable, signal);
}

/** On another server all databases would seem to be gone. @throws {@link ConfigError} */
export function refuseAnotherServer(known: FoundDatabases, here: FoundDatabases['server']): void {
  const why = whyAnotherServer({ server: known.server, snapshotAt: known.foundAt }, here);
  if (why === undefined) return;
  throw new ConfigError({
    operation: 'find databases',
    subject: `of ${here.name}`,
    problem: `the databases here are of another server: ${why}`,
    hint: `two servers must not share a prefix: give each a BACKUP_PREFIX of its own. If this is the server to back up from now on, run npx pgvouch adopt --to ${shellWord(printServer(here))}`,
  });
}
