import { expect, test } from 'vitest';
import { type BackupReading, findCorruption } from '../../../layers/backup/corruption.ts';
import type { Manifest } from '../../../layers/backup/manifest.ts';
import { sampleManifest } from '../../support/world/sample-manifest.ts';

function manifestOf(names: readonly (readonly [schema: string, name: string])[], encoding = 'UTF8'): Manifest {
  const sample = sampleManifest({ database: 'shop', firedAt: new Date('2026-11-22T02:00:00Z') });
  const tables = names.map(([schema, name]) => ({ schema, name, rows: 1 }));
  return { ...sample, source: { ...sample.source, encoding }, tables };
}

function soundReading({ archive, globals }: Manifest, tableData: readonly string[]): BackupReading {
  return { archive: { ...archive, tableData, failure: undefined }, globals };
}

test.each<[what: string, names: [string, string][], lines: string[], encoding?: string]>([
  ['none', [], []],
  ['one', [['public', 'orders']], ['public orders me']],
  ['spaces', [['a b', 'c d']], ['a b c d the owner']],
  [
    'names that begin alike',
    [
      ['public', 'a'],
      ['public', 'a b'],
      ['public a', 'b'],
    ],
    ['public a b me', 'public a b me', 'public a me'],
  ],
  ['line breaks, which are printed as spaces', [['public', 'a\nb\rc']], ['public a b c me']],
  ['others than UTF-8', [['public', 'größe é']], ['public gr\ufffd\ufffde \ufffd me'], 'LATIN1'],
])('the list agrees with the tables: %s', (_, names, lines, encoding) => {
  const manifest = manifestOf(names, encoding);
  expect(findCorruption(manifest, soundReading(manifest, lines))).toEqual([]);
});

test.each<[names: [string, string][], lines: string[], reason: RegExp]>([
  [[['public', 'orders']], [], /lacks the data of public orders/],
  [[], ['public orders me'], /does not list: public orders me/],
  [[['public', 'order']], ['public orders me'], /lacks .*/],
  [[['public', 'größe']], ['public gr\ufffd\ufffde me'], /lacks/],
  [[['public', 'a']], ['public a me', 'public a me'], /2 tables; the manifest says 1/],
  [
    Array.from({ length: 8 }, (_, index) => ['s', `t${index}`] as [string, string]),
    [],
    /s t0, s t1, s t2, s t3, s t4 and 3 more/,
  ],
])('the list does not: %j, %j', (names, lines, reason) => {
  const manifest = manifestOf(names);
  expect(findCorruption(manifest, soundReading(manifest, lines)).join(' ')).toMatch(reason);
});

test('bytes: size, then hash, of archive and globals', () => {
  const manifest = manifestOf([]);
  const { archive, globals } = soundReading(manifest, []);
  if (!archive || !globals) throw new Error('the sample is whole');
  expect(findCorruption(manifest, { archive: { ...archive, sizeBytes: 1 }, globals })).toEqual([
    'The size of the archive is 1 bytes; the manifest says 4096.',
  ]);
  expect(findCorruption(manifest, { archive, globals: { ...globals, sha256: 'x' } })).toEqual([
    expect.stringMatching(/^The SHA-256 of the globals is x; /),
  ]);
  expect(findCorruption(manifest, { archive: undefined, globals: undefined })).toEqual([
    'The archive is missing.',
    'The globals are missing.',
  ]);
});

test('what pg_restore could not read is not compared any further', () => {
  const manifest = manifestOf([['public', 'orders']]);
  const { archive, globals } = soundReading(manifest, []);
  const reading = { archive: archive && { ...archive, failure: 'unexpected end of file' }, globals };
  expect(findCorruption(manifest, reading)).toEqual(['pg_restore could not read the archive: unexpected end of file.']);
});
