import type { Logger } from 'pino';
import type { ListedObject } from '../../../layers/backup/catalog.ts';
import { timeUsedRatio } from '../../../layers/backup/dump-limits.ts';
import { leftOutWords } from '../../../layers/backup/left-out.ts';
import { parseStoredManifest, type StoredManifest } from '../../../layers/backup/sealed-manifest.ts';
import { parseVerdict, type Verdict } from '../../../layers/backup/verdict.ts';
import { type Noted, openMemory } from '../../../layers/catalog/listing/memory.ts';
import type { ReadFacts } from '../../../layers/catalog/listing/notes.ts';
import type { Vault } from '../../../layers/vault/vault.ts';
import type { ManifestFacts } from './observation.ts';

/** What reading a document can come to: it is not there, the vault did not answer, or nobody understands it. */
export type Found<T> = T | null | undefined | 'unreadable';

export interface Documents {
  /** Facts of a manifest; each writing of an object is read once. */
  manifest(object: ListedObject, ask: Ask): Promise<Found<ManifestFacts>>;
  verdict(object: ListedObject, ask: Ask): Promise<Found<Verdict>>;
  /** Any other document of a key that may be written anew; each writing is read once. */
  other<T>(object: ListedObject, parse: Parse<T>, ask: Ask): Promise<Found<T>>;
  /** Whether what this writing of an object said is remembered: then no request is needed. */
  remembers(object: ListedObject): boolean;
  /** What of these objects' documents is known. */
  known(manifests: readonly ListedObject[], verdicts: readonly ListedObject[]): ReadFacts;
  /** Takes what the notes of a former process knew. */
  recall(facts: ReadFacts): void;
}

/** How to ask: until when, and whom to tell that the vault did not answer. */
export interface Ask {
  readonly signal: AbortSignal;
  /** Of a manifest. */
  readonly fail: (error: unknown) => void;
  /** Of anything that can be done without. */
  readonly miss: (error: unknown) => void;
}

type Parse<T> = (text: string, key: string) => T;

/** So many are remembered at most; the ones not asked for the longest time go first. */
const MOST_REMEMBERED = 10_000;

/**
 * Reads documents of the vault, and remembers what they said: manifests never change, and what is written anew has
 * another modification time. What cannot be understood is named in the log, once.
 */
export function openDocuments({ vault, log }: { readonly vault: Vault; readonly log: Logger }): Documents {
  // A key is only ever read by one parser.
  const memory = openMemory<unknown>(MOST_REMEMBERED);
  const recalled = <T>(object: ListedObject) => memory.recall(object) as T | 'unreadable' | undefined;

  async function read<T>(
    object: ListedObject,
    parse: Parse<T>,
    { signal, miss }: Pick<Ask, 'signal' | 'miss'>,
  ): Promise<Found<T>> {
    const known = recalled<T>(object);
    if (known !== undefined) return known;
    const { key } = object;
    let text: string | undefined;
    try {
      text = await vault.getText(key, signal);
    } catch (error) {
      miss(error);
      return undefined;
    }
    if (text === undefined) return null;
    const value = understand(text, key, parse);
    memory.remember(object, value);
    return value;
  }

  function understand<T>(text: string, key: string, parse: Parse<T>): T | 'unreadable' {
    try {
      return parse(text, key);
    } catch (error) {
      log.warn({ err: error, key }, 'a document cannot be read');
      return 'unreadable';
    }
  }

  const understood = <T>(objects: readonly ListedObject[]) =>
    memory.noted(objects).filter(({ facts }) => facts !== 'unreadable') as Noted<T>[];

  return {
    manifest: (object, { signal, fail }) => read(object, readManifestFacts, { signal, miss: fail }),
    verdict: (object, ask) => read(object, parseVerdict, ask),
    other: read,
    remembers: (object) => recalled(object) !== undefined,
    known: (manifests, verdicts) => ({
      manifests: understood<ManifestFacts>(manifests),
      verdicts: understood<Verdict>(verdicts),
    }),
    recall({ manifests, verdicts }) {
      memory.take([...manifests, ...verdicts]);
    },
  };
}

function readManifestFacts(text: string, key: string): ManifestFacts {
  return manifestFacts(parseStoredManifest(text, key));
}

function manifestFacts(manifest: StoredManifest): ManifestFacts {
  const leftOut = leftOutWords(manifest.leftOut);
  return {
    attempt: manifest.attempt,
    snapshotAt: manifest.snapshotAt,
    finishedAt: manifest.finishedAt,
    durationMs: manifest.durationMs,
    archiveSizeBytes: manifest.archive.sizeBytes,
    databaseSizeBytes: manifest.source.sizeBytes,
    serverVersion: manifest.server.version,
    clientVersion: manifest.client.version,
    ...(manifest.client.builtAt !== undefined && { clientBuiltAt: manifest.client.builtAt }),
    ...(manifest.tables && {
      tables: manifest.tables.length,
      rows: manifest.tables.reduce((sum, { rows }) => sum + rows, 0),
    }),
    ...(manifest.fall && { fall: manifest.fall }),
    ...(manifest.time && { timeUsedRatio: timeUsedRatio(manifest.time) }),
    ...(manifest.remarks && { remarks: manifest.remarks.map(({ text }) => text) }),
    ...(leftOut !== '' && { leftOut }),
  };
}
