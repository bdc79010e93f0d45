import { VaultError } from '../backup/errors.ts';
import type { Vault } from '../vault/vault.ts';
import { historyKey, partialKey, segmentKey } from '../wal/keys.ts';
import { segmentName } from '../wal/segments.ts';
import { compress, decompress } from '../zstd/zstd.ts';
import type { Stored } from './answer.ts';

/** What writes one cluster's WAL into the bucket. A key that is there is never written again, nor with anything else. */
export interface WalStore {
  /** Stores a whole segment, or its beginning if there are fewer bytes. */
  put(timeline: number, number: bigint, bytes: Buffer, signal?: AbortSignal): Promise<void>;
  /** The first bytes of a segment, as an object holds them; undefined if it does not hold them. */
  read(key: string, sizeBytes: number): Promise<Buffer | undefined>;
  /** Stores a timeline's history, or makes sure that it is the same. */
  putHistory(timeline: number, text: string): Promise<void>;
}

interface WalStoreOptions {
  readonly vault: Vault;
  readonly systemIdentifier: string;
  readonly segmentSizeBytes: number;
  readonly signal: AbortSignal;
  /** Counts. */
  readonly stored: Stored;
}

export function openWalStore({ vault, systemIdentifier, segmentSizeBytes, signal, stored }: WalStoreOptions): WalStore {
  const { prefix } = vault;
  async function bytesOf(key: string): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of (await vault.getBytes(key, signal)) ?? []) chunks.push(chunk);
    return Buffer.concat(chunks);
  }
  return {
    async put(timeline, number, bytes, stop = signal) {
      const name = segmentName(timeline, number, segmentSizeBytes);
      const isWhole = bytes.length === segmentSizeBytes;
      const key = isWhole
        ? segmentKey(prefix, systemIdentifier, name)
        : partialKey(prefix, systemIdentifier, name, bytes.length);
      const body = await compress(bytes);
      if (!(await vault.putNew(key, body, stop))) {
        // Ours, from a run that was killed before it said so; or another line of history.
        const there = await decompress(await bytesOf(key), bytes.length).catch(() => undefined);
        if (there === undefined || !there.equals(bytes)) throw differs(key);
        return;
      }
      stored[isWhole ? 'segments' : 'partials']++;
      stored.storedBytes += body.length;
    },
    read: async (key, sizeBytes) => decompress(await bytesOf(key), sizeBytes).catch(() => undefined),
    async putHistory(timeline, text) {
      const key = historyKey(prefix, systemIdentifier, timeline);
      const there = await vault.getText(key, signal);
      if (there === text || (there === undefined && (await vault.putNew(key, text, signal)))) return;
      if ((await vault.getText(key, signal)) !== text) throw differs(key);
    },
  };
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
