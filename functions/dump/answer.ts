import { fitsRecord } from '../../events/invocation-record.ts';
import type { Manifest } from '../../layers/backup/manifest.ts';

/** A manifest without what grows with the database. */
export type ManifestHead = Omit<Manifest, 'tables' | 'sequences' | 'objects' | 'source'>;

/** What dump answers: the manifest, or its head where the database has very many tables. The vault has it whole. */
export function answerOf(manifest: Manifest): Manifest | ManifestHead {
  if (fitsRecord(manifest)) return manifest;
  const { tables: _tables, sequences: _sequences, objects: _objects, source: _source, ...head } = manifest;
  return head;
}
