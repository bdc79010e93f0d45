import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { watchLayout } from '../../../layers/postgres/programs/archive-layout.ts';
import { writePositions } from '../../../layers/postgres/programs/archive-positions.ts';

/** Written by pg_dump 15 of one database, into a pipe and into a file; the head has the time. */
const PIPED = 'test/fixtures/archives/pg15-pipe.dump';
const SEEKABLE = 'test/fixtures/archives/pg15-file.dump';
const HEAD_BYTES = 51;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pgvouch-positions-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** As verify does it: what its bytes do not tell a layout of is left as it is. */
async function positioned(file: string): Promise<boolean> {
  const watch = watchLayout();
  watch.take(readFileSync(file));
  const layout = watch.layout();
  return layout !== undefined && writePositions(file, layout);
}

test('an archive of a pipe becomes what pg_dump writes into a file', async () => {
  const file = path.join(folder, 'piped.dump');
  copyFileSync(PIPED, file);
  expect(await positioned(file)).toBe(true);
  const found = readFileSync(file);
  expect(found.equals(readFileSync(PIPED))).toBe(false);
  expect(found.subarray(HEAD_BYTES).equals(readFileSync(SEEKABLE).subarray(HEAD_BYTES))).toBe(true);
  // What has positions keeps them.
  expect(await positioned(file)).toBe(true);
  expect(readFileSync(file).equals(found)).toBe(true);
});

const VERSION_AT = 6;
const changed = (at: number, byte: number) => (bytes: Buffer) => {
  bytes[at] = byte;
  return bytes;
};
test.each<[string, (bytes: Buffer) => Buffer]>([
  ['of a newer form', changed(VERSION_AT, 17)],
  ['of an older form', changed(VERSION_AT, 13)],
  ['that says another form than it has', changed(VERSION_AT, 16)],
  ['cut short', (bytes) => bytes.subarray(0, bytes.length - 3)],
  ['with more behind its end', (bytes) => Buffer.concat([bytes, Buffer.from('more')])],
  ['with nothing in it', () => Buffer.alloc(0)],
])('an archive %s is left as it is', async (name, change) => {
  const file = path.join(folder, `${name}.dump`);
  const bytes = change(readFileSync(PIPED));
  writeFileSync(file, bytes);
  expect(await positioned(file)).toBe(false);
  expect(readFileSync(file).equals(bytes)).toBe(true);
});
