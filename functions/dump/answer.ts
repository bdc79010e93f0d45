import { fitsRecord } from '../../events/invocation-record.ts';
import type { Manifest } from '../../layers/backup/manifest.ts';
import { isSealed, type SealedManifest, type StoredManifest } from '../../layers/backup/sealed-manifest.ts';

/** A manifest without what grows with the database. */
export type ManifestHead = Omit<Manifest, 'tables' | 'sequences' | 'objects' | 'source'>;

/** What of a sealed one is open. */
export type OpenPart = Omit<SealedManifest, 'sealed'>;

/** What dump answers: the manifest, or its head where the database has very many tables. The vault has it whole. */
export function answerOf(manifest: StoredManifest): Manifest | ManifestHead | OpenPart {
  if (isSealed(manifest)) {
    const { sealed: _, ...open } = manifest;
    return open;
  }
  if (fitsRecord(manifest)) return manifest;
  const { tables: _tables, sequences: _sequences, objects: _objects, source: _source, ...head } = manifest;
  return head;
}
