import { BroadcastChannel } from 'node:worker_threads';
import { readCatalog } from '../../layers/catalog/read-catalog.ts';
import { type DumpProgress, PROGRESS_CHANNEL } from '../../layers/log/dump-progress.ts';
import type { Vault } from '../../layers/vault/vault.ts';
import type { Terminal } from '../../layers/words/terminal.ts';

/** Shows the dumps under way. */
export interface DumpBars {
  begin(database: string): void;
  /** Takes what is shown of it away until it sends more: a try failed. */
  hide(database: string | undefined): void;
  end(database: string): void;
  close(): void;
}

/**
 * Dumps tell how much they have sent, from whatever thread they run in; how much is to come nobody knows. The last
 * archive of the database is the best guess, and where there is none, none is made: a database's size says little
 * about the size of its archive.
 *
 * @param server - its name, if it has one
 */
export function openDumpBars(vault: Vault, terminal: Terminal, server?: string): DumpBars {
  const label = (database: string) => `dump ${server === undefined ? '' : `${server}/`}${database}`;
  const lastBytes = new Map<string, number>();
  const channel = new BroadcastChannel(PROGRESS_CHANNEL);
  channel.onmessage = (message) => {
    const { database, sentBytes } = (message as { data: DumpProgress }).data;
    const guess = lastBytes.get(database);
    // Not known to be under way: one fired by hand, or a word that came late.
    if (guess === undefined) return;
    terminal.progress({ what: label(database), doneBytes: sentBytes, totalBytes: guess > sentBytes ? guess : 0 });
  };
  channel.unref();
  return {
    begin(database) {
      lastBytes.set(database, 0);
      void lastArchiveBytes(vault, database).then(
        (bytes) => lastBytes.has(database) && lastBytes.set(database, bytes),
        // The dump itself will say what is wrong with the bucket.
        () => {},
      );
    },
    hide(database) {
      if (database !== undefined) terminal.finished(label(database));
    },
    end(database) {
      lastBytes.delete(database);
      terminal.finished(label(database));
    },
    close: () => channel.close(),
  };
}

/** 0 if there is none. */
async function lastArchiveBytes(vault: Vault, database: string): Promise<number> {
  const { entries } = await readCatalog(vault, database);
  const last = entries.get(database)?.find(({ manifest }) => manifest !== undefined);
  return Math.max(0, ...(last?.archives ?? []).map(({ sizeBytes }) => sizeBytes));
}
