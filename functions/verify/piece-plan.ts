import { relationName } from '../../layers/backup/comparison.ts';
import type { Manifest } from '../../layers/backup/manifest.ts';
import { type PieceItem, planPieces } from '../../layers/backup/pieces.ts';
import type { ArchiveItem } from '../../layers/postgres/programs/archive-ties.ts';
import type { PieceWork } from './piece-work.ts';
import { unknownNames, whyTooLarge } from './why-unproved.ts';

export type Plan =
  | { readonly plan: readonly (readonly number[])[]; readonly why?: undefined }
  | { readonly plan: undefined; readonly why: string };

/**
 * The pieces that are left of a drill: those of the run before, or planned anew for what was not compared yet. Pure.
 *
 * @param together - tables that exchange rows, each with the one above them: they cannot be compared apart
 */
export function planOf(
  { progress, layout, ties, base, roomBytes }: Pick<PieceWork, 'progress' | 'layout' | 'ties' | 'base' | 'roomBytes'>,
  manifest: Manifest,
  together: ReadonlyMap<string, string>,
): Plan {
  const known = progress();
  if (known.plan !== undefined) return { plan: known.plan };
  const recorded = new Set(manifest.tables.map(relationName));
  const compared = new Set(known.tables.map(([name]) => name));
  const isLeft = ({ id, table }: ArchiveItem) =>
    !base.has(id) && (table === undefined ? !known.checked.includes(id) : !compared.has(relationName(table)));
  const left = ties.items.filter(isLeft);
  const strange = ties.items.filter(({ table }) => table && !recorded.has(relationName(table)));
  if (strange.length > 0) return { plan: undefined, why: unknownNames(strange.map(nameOf), manifest) };
  const sizes = sizesOf(ties.items, layout.blocks, manifest);
  const ids = new Set(left.map(({ id }) => id));
  const among = (items: readonly number[]) => items.filter((id) => !base.has(id));
  const bindings = ties.checks
    .filter(({ kind, id }) => kind !== 'index' && !known.checked.includes(id))
    .map(({ items }) => among(items))
    .filter((items) => items.length > 1 && items.some((id) => ids.has(id)));
  const bonds = bondsOf(left, together);
  // Time asks for small pieces, but one table is one table; only disk says no.
  const largest = Math.max(0, ...[...bonds, ...left.map(({ id }) => [id])].map((one) => sumOf(one, sizes)));
  const limit = Math.min(roomBytes, Math.max(known.pieceBytes, largest));
  const { pieces, tooLarge } = planPieces(
    ties.items.map(({ id }): PieceItem => ({ id, sizeBytes: sizes.get(id) ?? 0, done: !ids.has(id) })),
    bindings,
    bonds,
    limit,
  );
  const archived = new Map(layout.blocks.map(({ id, sizeBytes }) => [id, sizeBytes]));
  // Then the next one's part of the archive has room where the last one's was.
  const plan = [...pieces].sort((a, b) => sumOf(b, archived) - sumOf(a, archived));
  if (tooLarge.length === 0) return { plan };
  const names = ties.items.filter(({ id }) => tooLarge.flat().includes(id)).map(nameOf);
  const needs = Math.max(...tooLarge.map((one) => sumOf(one, sizes)));
  return { plan: undefined, why: whyTooLarge(names, needs, limit) };
}

/** How much larger than in the original a restored table may be: its own fill factors and alignment. */
const GROWTH = 1.1;

/**
 * The disk that each item needs: its table with indexes, and its part of the archive. Manifests of older versions do not
 * tell sizes of tables: then each has as large a part of the database as of the archive.
 */
function sizesOf(
  items: readonly ArchiveItem[],
  blocks: PieceWork['layout']['blocks'],
  { tables, source }: Manifest,
): Map<number, number> {
  const recorded = new Map(tables.map((table) => [relationName(table), table.sizeBytes]));
  const archived = new Map(blocks.map(({ id, sizeBytes }) => [id, sizeBytes]));
  const all = sumOf([...archived.keys()], archived);
  return new Map(
    items.map(({ id, table }) => {
      const archivedBytes = archived.get(id) ?? 0;
      const share = all === 0 ? 0 : (source.sizeBytes * archivedBytes) / all;
      const sizeBytes = (table && recorded.get(relationName(table))) ?? share;
      return [id, Math.ceil(GROWTH * sizeBytes) + archivedBytes];
    }),
  );
}

function bondsOf(items: readonly ArchiveItem[], together: ReadonlyMap<string, string>): number[][] {
  const bonds = new Map<string, number[]>();
  for (const { id, table } of items) {
    const root = table && together.get(relationName(table));
    if (root !== undefined) bonds.set(root, [...(bonds.get(root) ?? []), id]);
  }
  return [...bonds.values()];
}

function nameOf({ table }: ArchiveItem): string {
  return table ? relationName(table) : 'the large objects';
}

function sumOf(ids: readonly number[], sizes: ReadonlyMap<number, number>): number {
  return ids.reduce((sum, id) => sum + (sizes.get(id) ?? 0), 0);
}
