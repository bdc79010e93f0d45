import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { type ArchiveLayout, watchLayout } from '../../../layers/postgres/programs/archive-layout.ts';
import { readTies } from '../../../layers/postgres/programs/archive-ties.ts';
import { partOfArchive } from '../../../layers/postgres/programs/part-of-archive.ts';

/** `small.sql` as pg_dump of each major wrote it into a pipe, from a server of the same. */
function archive(major: number): Buffer {
  return readFileSync(path.resolve(import.meta.dirname, `../../fixtures/archives/${major}.dump`));
}

function layoutOf(bytes: Buffer, chunkBytes = bytes.length): ArchiveLayout | undefined {
  const watch = watchLayout();
  for (let at = 0; at < bytes.length; at += chunkBytes) watch.take(bytes.subarray(at, at + chunkBytes));
  return watch.layout();
}

function known(major: number): ArchiveLayout {
  return layoutOf(archive(major)) ?? expect.unreachable('an archive of pg_dump');
}

describe.each([15, 17, 18])('an archive of pg_dump %i', (major) => {
  test('every byte of it is the head or in a block, however it is cut into chunks', () => {
    const bytes = archive(major);
    const { head, blocks } = known(major);
    let at = head.bytes.length;
    for (const block of blocks) {
      expect(block.at).toBe(at);
      at += block.sizeBytes;
    }
    expect(at).toBe(bytes.length);
    expect(head.bytes.equals(bytes.subarray(0, head.bytes.length))).toBe(true);
    for (const chunkBytes of [1, 7, 4096]) expect(layoutOf(bytes, chunkBytes)).toEqual({ head, blocks });
  });

  test('each block is of an entry with data', () => {
    const { head, blocks } = known(major);
    const types = new Map(head.entries.map(({ id, type }) => [id, type]));
    expect(new Set(blocks.map(({ id }) => types.get(id)))).toEqual(new Set(['TABLE DATA', 'BLOBS']));
    expect(blocks.map(({ id }) => id).sort()).toEqual(
      head.entries.flatMap(({ id, type }) => (type === 'TABLE DATA' || type === 'BLOBS' ? [id] : [])).sort(),
    );
  });

  test('what each index, constraint and materialized view reads', () => {
    const { items, checks } = readTies(known(major).head.entries);
    const names = new Map(items.map(({ id, table }) => [id, table?.name]));
    const read = checks.map(({ kind, name, items: ids, callsFunctions }) => [
      `${kind} ${name}${callsFunctions ? ' with functions' : ''}`,
      ids.map((id) => names.get(id)).sort(),
    ]);
    expect(Object.fromEntries(read)).toEqual({
      'index a a_pkey': ['a'],
      'index b b_pkey': ['b'],
      'index chi chi_pkey': ['chi'],
      'index p p_pkey': [],
      'index p1 p1_pkey': ['p1'],
      'index p2 p2_pkey': ['p2'],
      'index p1_pkey': ['p1'],
      'index p2_pkey': ['p2'],
      'index par par_pkey': ['par'],
      'index b_f_idx with functions': ['b'],
      'index mv_id_idx': ['a', 'chi', 'par'],
      'foreign key b b_a_id_fkey': ['a', 'b'],
      'foreign key c c_id_k_fkey': ['c', 'p1', 'p2'],
      'materialized view mv': ['a', 'chi', 'par'],
      'materialized view called with functions': [],
    });
    expect(items.filter(({ callsFunctions }) => callsFunctions).map(({ table }) => table?.name)).toEqual(['b']);
  });

  test('a part of it is an archive that says where its data are', () => {
    const bytes = archive(major);
    const whole = known(major);
    const wanted = whole.blocks.filter((_, index) => index % 3 === 1);
    const { head, ranges } = partOfArchive(whole, new Set(wanted.map(({ id }) => id)));
    const part = Buffer.concat([head, ...ranges.map(({ at, sizeBytes }) => bytes.subarray(at, at + sizeBytes))]);
    const parted = layoutOf(part) ?? expect.unreachable('an archive');
    expect(parted.head.entries).toEqual(whole.head.entries);
    for (const { id, at, sizeBytes } of wanted) {
      const block = parted.blocks.find((one) => one.id === id);
      const entry = parted.head.entries.find((one) => one.id === id);
      expect(block?.sizeBytes).toBe(sizeBytes);
      const placed = Number(head.readBigUInt64LE((entry?.offsetAt ?? 0) + 1));
      expect([head[entry?.offsetAt ?? 0], placed]).toEqual([2, block?.at]);
      expect(part.subarray(placed, placed + sizeBytes).equals(bytes.subarray(at, at + sizeBytes))).toBe(true);
    }
  });

  test('one that breaks off has no layout', () => {
    const bytes = archive(major);
    const { head, blocks } = known(major);
    const cuts = [0, 5, 100, head.bytes.length - 1, (blocks[0]?.at ?? 0) + 3, bytes.length - 1];
    for (const cut of cuts) expect(layoutOf(bytes.subarray(0, cut))).toBeUndefined();
  });
});

test.each([
  ['something else', () => Buffer.from('-- PostgreSQL database dump\n'.repeat(100))],
  ['a format of the future', () => Buffer.from(archive(18)).fill(99, 6, 7)],
  ['the format of a folder', () => Buffer.from(archive(18)).fill(5, 10, 11)],
  [
    'a block of no known kind',
    () => Buffer.from(archive(18)).fill(9, known(18).head.bytes.length, known(18).head.bytes.length + 1),
  ],
])('%s has no layout, and is no error', (_, bytes) => {
  expect(layoutOf(bytes(), 512)).toBeUndefined();
});
