import { createHash, randomUUID } from 'node:crypto';
import {
  archiveKey,
  type BackupName,
  globalsKey,
  keptKey,
  manifestKey,
  retiredKey,
  verdictKey,
} from '../../../layers/backup/keys.ts';
import type { Manifest } from '../../../layers/backup/manifest.ts';
import type { Retired } from '../../../layers/backup/retired.ts';
import type { Verdict, VerdictName } from '../../../layers/backup/verdict.ts';
import type { Vault } from '../../../layers/vault/vault.ts';
import { sampleManifest } from './sample-manifest.ts';

export interface StoredBackup extends BackupName {
  readonly attempt: string;
  /** Its objects: archive, globals, manifest and verdict. */
  readonly keys: readonly string[];
}

export interface BackupFacts {
  readonly database?: string;
  readonly firedAt: Date;
  readonly snapshotAt?: Date;
  readonly verdict?: VerdictName | undefined;
  readonly kept?: boolean;
  /** What its manifest says otherwise than that of a small whole database. */
  readonly manifest?: Partial<Manifest>;
  /** Marks it as retired, to be removed after this. */
  readonly removeAfter?: Date;
}

/** Stores a backup as dump and verify leave it, its archive a few bytes: for tests of what looks at catalogs. */
export async function storeBackup(vault: Vault, facts: BackupFacts): Promise<StoredBackup> {
  const { prefix } = vault;
  const name = { database: facts.database ?? 'shop', firedAt: facts.firedAt };
  const attempt = randomUUID();
  const archive = `PGDMP ${attempt}`;
  const globals = '-- globals\n';
  const snapshotAt = facts.snapshotAt ?? facts.firedAt;
  const manifest = { ...manifestOf(prefix, { ...name, snapshotAt }, attempt, archive, globals), ...facts.manifest };
  const keys = [manifest.archive.key, manifest.globals.key, manifestKey(prefix, name)];
  await vault.put(manifest.archive.key, archive);
  await vault.put(manifest.globals.key, globals);
  await vault.put(manifestKey(prefix, name), JSON.stringify(manifest));
  if (facts.verdict !== undefined) {
    keys.push(verdictKey(prefix, name, facts.verdict));
    await vault.put(verdictKey(prefix, name, facts.verdict), JSON.stringify(verdictOf(facts.verdict, manifest)));
  }
  if (facts.kept) await vault.put(keptKey(prefix, name), '{}');
  if (facts.removeAfter) await vault.put(retiredKey(prefix, name), JSON.stringify(markOf(name, facts.removeAfter)));
  return { ...name, attempt, keys };
}

function markOf(name: BackupName, removeAfter: Date): Retired {
  return {
    format: 'pgvouch/retired',
    formatVersion: 1,
    database: name.database,
    firedAt: name.firedAt.toISOString(),
    retiredAt: new Date(removeAfter.getTime() - 7 * 24 * 60 * 60 * 1000).toISOString(),
    removeAfter: removeAfter.toISOString(),
    reasons: ['older than 30d'],
  };
}

function verdictOf(verdict: VerdictName, { archive, finishedAt }: Manifest): Verdict {
  return {
    format: 'pgvouch/verdict',
    formatVersion: 1,
    verdict,
    reasons: [],
    verifiedAt: finishedAt,
    durationMs: 3_000,
    archiveKey: archive.key,
    sizeBytes: archive.sizeBytes,
    sha256: archive.sha256,
    client: '18.4',
  };
}

function manifestOf(
  prefix: string,
  { snapshotAt, ...name }: BackupName & { snapshotAt: Date },
  attempt: string,
  archive: string,
  globals: string,
): Manifest {
  const sample = sampleManifest(name);
  const facts = (text: string) => ({ sizeBytes: Buffer.byteLength(text), sha256: sha256(text) });
  return {
    ...sample,
    attempt,
    snapshotAt: snapshotAt.toISOString(),
    archive: { ...sample.archive, key: archiveKey(prefix, name, attempt), ...facts(archive) },
    globals: { ...sample.globals, key: globalsKey(prefix, name, attempt), ...facts(globals) },
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
