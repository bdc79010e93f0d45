import { VaultError } from '../backup/errors.ts';
import { isSealedKey, sealedKey } from '../backup/keys.ts';
import type { Recipients } from '../seal/recipients.ts';
import { measureBytes } from '../vault/measure-bytes.ts';
import type { Vault } from '../vault/vault.ts';
import { historyKey, partialKey, segmentKey } from '../wal/keys.ts';
import { segmentName } from '../wal/segments.ts';
import { decompressStream, type Pieces } from '../zstd/zstd.ts';
import type { Stored } from './answer.ts';
import { compareWithSealed, isSealedFrom, sealWal } from './sealed-wal.ts';
import type { SegmentBody } from './segment-under-way.ts';

/** What writes one cluster's WAL into the bucket. A key that is there is never written again, nor with anything else. */
export interface WalStore {
  /** Stores a whole segment, or its beginning if there are fewer bytes. */
  put(timeline: number, number: bigint, body: SegmentBody, signal?: AbortSignal): Promise<void>;
  /** The first bytes of a segment, as an object holds them. @throws if it does not hold just so many, or is sealed */
  read(key: string, sizeBytes: number): AsyncIterable<Buffer>;
  /**
   * For the first bytes of a segment in an object that is sealed, and cannot be read here: what takes the segment's bytes as
   * the server sends them, from the first on, and throws {@link VaultError} if they are others than those sealed.
   *
   * @returns undefined if there is nothing to compare with
   */
  compareSealed(key: string, sizeBytes: number): Promise<((bytes: Buffer) => void) | undefined>;
  /** Stores a timeline's history, or makes sure that it is the same. */
  putHistory(timeline: number, text: string): Promise<void>;
}

interface WalStoreOptions {
  readonly vault: Vault;
  /** For whom it is sealed. Then nobody here can read what is stored. */
  readonly recipients?: Recipients | undefined;
  readonly systemIdentifier: string;
  readonly segmentSizeBytes: number;
  readonly signal: AbortSignal;
  /** Counts. */
  readonly stored: Stored;
}

export function openWalStore(options: WalStoreOptions): WalStore {
  const { vault, recipients, systemIdentifier, segmentSizeBytes, signal, stored } = options;
  const { prefix } = vault;
  async function* bytesOf(key: string): AsyncGenerator<Buffer> {
    if (isSealedKey(key)) throw new Error('it is sealed');
    yield* (await vault.getBytes(key, signal)) ?? [];
  }
  return {
    async put(timeline, number, { sizeBytes, compressed }, stop = signal) {
      const name = segmentName(timeline, number, segmentSizeBytes);
      const isWhole = sizeBytes === segmentSizeBytes;
      const open = isWhole
        ? segmentKey(prefix, systemIdentifier, name)
        : partialKey(prefix, systemIdentifier, name, sizeBytes);
      const key = recipients ? sealedKey(open) : open;
      const body = recipients ? await sealWal(recipients, compressed, sizeBytes) : compressed;
      if (!(await vault.putNew(key, body, stop))) {
        // Ours, from a run that was killed before it said so; or another line of history.
        const isSame = recipients
          ? await isSealedFrom(vault, key, compressed, sizeBytes, signal)
          : (await hashOf(bytesOf(key), sizeBytes)) === (await hashOf([compressed], sizeBytes));
        if (!isSame) throw differs(key);
        return;
      }
      stored[isWhole ? 'segments' : 'partials']++;
      stored.storedBytes += body.length;
    },
    read: (key, sizeBytes) => decompressStream(bytesOf(key), sizeBytes),
    async compareSealed(key, sizeBytes) {
      const isSame = isSealedKey(key) ? await compareWithSealed(vault, key, sizeBytes, signal) : undefined;
      if (isSame === undefined) return undefined;
      return (bytes) => {
        if (!isSame(bytes)) throw differs(key);
      };
    },
    async putHistory(timeline, text) {
      const key = historyKey(prefix, systemIdentifier, timeline);
      const there = await vault.getText(key, signal);
      if (there === text || (there === undefined && (await vault.putNew(key, text, signal)))) return;
      if ((await vault.getText(key, signal)) !== text) throw differs(key);
    },
  };
}

/** Of the WAL in an object; undefined if it is not just so many bytes of it. @throws {@link VaultError} if the store fails */
async function hashOf(compressed: Pieces, sizeBytes: number): Promise<string | undefined> {
  const { take, measured } = measureBytes(() => {});
  try {
    for await (const bytes of decompressStream(compressed, sizeBytes)) take(bytes);
  } catch (error) {
    if (error instanceof VaultError) throw error;
    return undefined;
  }
  return measured().sha256;
}

/** Two servers of one system identifier went different ways, and both write here. */
export function differs(key: string): VaultError {
  return new VaultError({
    operation: 'store WAL as',
    subject: key,
    problem:
      'the bucket holds other WAL at this position of this timeline: another server of this system identifier wrote it, or the object is damaged',
    hint: 'two copies of one server must not write into one place: give the copy a BACKUP_PREFIX of its own, or turn PITR off there. If this is the server to go on with, choose a new BACKUP_PREFIX and take a base backup',
  });
}
