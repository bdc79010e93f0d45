import { randomUUID } from 'node:crypto';
import { archiveKey, globalsKey, manifestKey, verdictKey } from '../../../layers/backup/keys.ts';
import { mapBounded } from '../../../layers/backup/map-bounded.ts';
import type { Verdict } from '../../../layers/backup/verdict.ts';
import type { Vault } from '../../../layers/vault/vault.ts';
import { sampleManifest } from '../../support/world/sample-manifest.ts';

/** Of so many databases, a backup a day each: the largest catalog is sixteen months of twenty databases. */
export const CATALOG_DATABASES = 20;
const DAY_MS = 86_400_000;
/** A manifest grows with the tables of its database. */
const TABLES = Array.from({ length: 50 }, (_, n) => ({ schema: 'public', name: `table_${n}`, rows: 1_000 * n }));

/** Adds backups to a catalog, each proved, its archive hardly more than a name: nothing that looks at catalogs reads it. */
export async function growCatalog(vault: Vault, from: number, to: number): Promise<void> {
  const newest = Math.floor(Date.now() / DAY_MS) * DAY_MS;
  const numbers = Array.from({ length: to - from }, (_, n) => from + n);
  await mapBounded(numbers, 16, async (n) => {
    const name = {
      database: `database_${n % CATALOG_DATABASES}`,
      firedAt: new Date(newest - Math.floor(n / CATALOG_DATABASES) * DAY_MS),
    };
    const attempt = randomUUID();
    const sample = sampleManifest(name);
    const archive = { ...sample.archive, key: archiveKey(vault.prefix, name, attempt) };
    const globals = { ...sample.globals, key: globalsKey(vault.prefix, name, attempt) };
    const manifest = { ...sample, attempt, archive, globals, tables: TABLES };
    await vault.put(archive.key, '.');
    await vault.put(globals.key, '.');
    await vault.put(manifestKey(vault.prefix, name), `${JSON.stringify(manifest, null, 2)}\n`);
    await vault.put(verdictKey(vault.prefix, name, 'restorable'), `${JSON.stringify(verdictOf(archive), null, 2)}\n`);
  });
}

function verdictOf({ key, sizeBytes, sha256 }: { key: string; sizeBytes: number; sha256: string }): Verdict {
  return {
    format: 'pgvouch/verdict',
    formatVersion: 1,
    verdict: 'restorable',
    reasons: [],
    verifiedAt: new Date().toISOString(),
    durationMs: 2_500,
    archiveKey: key,
    ...{ sizeBytes, sha256, client: '18.4' },
  };
}
