import type { BackupName } from '../../../layers/backup/keys.ts';
import { archiveKey, globalsKey } from '../../../layers/backup/keys.ts';
import type { Manifest } from '../../../layers/backup/manifest.ts';

/** A manifest as dump writes it, of a small database: the snapshot 3 s after the firing, 12 s of dumping. */
export function sampleManifest(name: BackupName, changes: Partial<Manifest> = {}): Manifest {
  const attempt = '0a7c9d3e-5b1f-4c2d-8e6a-1f2b3c4d5e6f';
  const at = (seconds: number) => new Date(name.firedAt.getTime() + seconds * 1000).toISOString();
  return {
    format: 'pgvouch/manifest',
    formatVersion: 1,
    database: name.database,
    firedAt: at(0),
    snapshotAt: at(3),
    finishedAt: at(14),
    durationMs: 12_000,
    time: { usedMs: 13_000, limitMs: 890_000 },
    attempt,
    server: { version: '18.4', versionNumber: 180004, systemIdentifier: '7431234567890123456', standby: false },
    source: {
      sizeBytes: 8_000_000,
      encoding: 'UTF8',
      localeProvider: 'libc',
      collate: 'C.UTF-8',
      ctype: 'C.UTF-8',
      locale: null,
      extensions: [],
    },
    archive: {
      key: archiveKey('pgvouch/', name, attempt),
      compression: 'zstd:3',
      sizeBytes: 4_096,
      sha256: 'a'.repeat(64),
      oldestPgRestore: 17,
    },
    globals: {
      key: globalsKey('pgvouch/', name, attempt),
      sizeBytes: 512,
      sha256: 'b'.repeat(64),
      rolePasswords: true,
    },
    client: { version: '18.4', major: 18, builtAt: '2026-05-14T10:00:00.000Z' },
    tables: [{ schema: 'public', name: 'orders', rows: 1_000 }],
    sequences: [],
    objects: { public: { tables: 1, indexes: 1, constraints: 1 } },
    largeObjects: 0,
    ...changes,
  };
}
