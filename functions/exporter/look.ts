import type { Logger } from 'pino';
import { buildCatalog, type Catalog, type Entry, type ListedObject } from '../../layers/backup/catalog.ts';
import { retentionReportKey } from '../../layers/backup/keys.ts';
import { type Manifest, parseManifest } from '../../layers/backup/manifest.ts';
import { parseRetentionReport, type RetentionReport } from '../../layers/backup/retention-report.ts';
import { isGood, type VerdictName } from '../../layers/backup/verdict.ts';
import type { Vault } from '../../layers/vault/vault.ts';

/** What the vault told at one scrape. Null is what is not there, undefined what could not be told. */
export interface Observation {
  /** Whether everything that was asked of the vault was answered in time. */
  readonly vaultUp: boolean;
  readonly listDurationMs: number | undefined;
  readonly catalog: Catalog | undefined;
  /** By database. */
  readonly manifests: ReadonlyMap<string, NewestManifests>;
  readonly retention: RetentionReport | null | undefined;
}

/** The manifests of one database that say how it stands. */
export interface NewestManifests {
  readonly backup: Manifest | null | undefined;
  /** Of the newest backup with a good verdict. */
  readonly good: Manifest | null | undefined;
  /** How many were read and not understood. */
  readonly unreadable: number;
}

/** A manifest that cannot be read lets the next older one stand in for it, so often: the number of GETs is bounded. */
const MAX_READS = 3;

/**
 * Looks at the vault: one listing, then for every database the manifests of its newest backup and its newest good one.
 * Never throws: a vault that is down is a fact to show.
 *
 * @param signal - when it aborts, what is known by then is told
 * @param clock - milliseconds; only differences count
 */
export async function observe(
  { vault, log }: { readonly vault: Vault; readonly log: Logger },
  signal: AbortSignal,
  clock: () => number,
): Promise<Observation> {
  const seen: Seen = {
    vaultUp: true,
    listDurationMs: undefined,
    catalog: undefined,
    manifests: new Map(),
    retention: undefined,
  };
  const fail = (error: unknown) => {
    seen.vaultUp = false;
    log.error({ err: error }, 'vault not readable');
  };
  await Promise.race([look(vault, seen, signal, clock, fail).catch(fail), aborted(signal)]);
  if (signal.aborted) fail(new Error('the vault did not answer in time for the scrape'));
  return { ...seen, manifests: new Map(seen.manifests) };
}

/** The verdict as the listing tells it: it means nothing any more once the archive is gone. */
export function verdictOf(entry: Entry): VerdictName | undefined {
  return entry.archives.length === 0 ? 'corrupt' : entry.verdict;
}

interface Seen extends Observation {
  vaultUp: boolean;
  listDurationMs: number | undefined;
  catalog: Catalog | undefined;
  manifests: Map<string, NewestManifests>;
  retention: RetentionReport | null | undefined;
}

async function look(
  vault: Vault,
  seen: Seen,
  signal: AbortSignal,
  clock: () => number,
  fail: (error: unknown) => void,
): Promise<void> {
  const startedAt = clock();
  const objects: ListedObject[] = [];
  for await (const object of vault.list()) {
    if (signal.aborted) return;
    objects.push(object);
  }
  seen.listDurationMs = clock() - startedAt;
  const catalog = buildCatalog(vault.prefix, objects);
  seen.catalog = catalog;
  const reportKey = retentionReportKey(vault.prefix);
  await Promise.all([
    ...[...catalog.entries].map(async ([database, entries]) => {
      seen.manifests.set(database, await newestManifests(vault, entries, fail));
    }),
    readOne(vault, reportKey, parseRetentionReport, fail).then((report) => {
      seen.retention = report === 'unreadable' ? undefined : report;
    }),
  ]);
}

async function newestManifests(
  vault: Vault,
  entries: readonly Entry[],
  fail: (error: unknown) => void,
): Promise<NewestManifests> {
  const known = new Map<string, Manifest | null | undefined | 'unreadable'>();
  const newest = async (candidates: readonly Entry[]): Promise<Manifest | null | undefined> => {
    for (const { manifest } of candidates.slice(0, MAX_READS)) {
      if (manifest === undefined) continue;
      const { key } = manifest;
      if (!known.has(key)) known.set(key, await readOne(vault, key, parseManifest, fail));
      const found = known.get(key);
      if (found !== null && found !== 'unreadable') return found;
    }
    return null;
  };
  const backups = entries.filter(({ manifest }) => manifest !== undefined);
  const backup = await newest(backups);
  const good = await newest(
    backups.filter((entry) => {
      const verdict = verdictOf(entry);
      return verdict !== undefined && isGood(verdict);
    }),
  );
  return { backup, good, unreadable: [...known.values()].filter((found) => found === 'unreadable').length };
}

/** @returns null if it is not there, undefined if the vault did not answer */
async function readOne<T>(
  vault: Vault,
  key: string,
  parse: (text: string, key: string) => T,
  fail: (error: unknown) => void,
): Promise<T | null | undefined | 'unreadable'> {
  let text: string | undefined;
  try {
    text = await vault.getText(key);
  } catch (error) {
    fail(error);
    return undefined;
  }
  try {
    return text === undefined ? null : parse(text, key);
  } catch {
    return 'unreadable';
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
