import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { bundleAhead, load } from '../../../layers/modules/load-typescript.mjs';

test('a bundle whose source has moved is made anew', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'pgvouch-modules-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const loadEntry = async (part: string, value: number) => {
    writeFileSync(path.join(folder, part), `export const value: number = ${value};`);
    const entry = path.join(folder, 'entry.ts');
    writeFileSync(entry, `export { value } from './${part}'; export const file = import.meta.filename;`);
    const { file, ...rest } = await load(pathToFileURL(entry));
    onTestFinished(() => {
      for (const made of [String(file), String(file).replace(/-\w{16}\.mjs$/, '.json')]) rmSync(made, { force: true });
    });
    return { ...rest, from: path.basename(path.dirname(String(file))) };
  };
  const fromBundle = { from: 'pgvouch' };

  expect(await loadEntry('part.ts', 1)).toEqual({ value: 1, ...fromBundle });
  rmSync(path.join(folder, 'part.ts'));
  expect(await loadEntry('other-part.ts', 2)).toEqual({ value: 2, ...fromBundle });
});

test('a bundle that others have made meanwhile is made again, and stays', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'pgvouch-modules-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const entry = pathToFileURL(path.join(folder, 'entry.ts'));
  writeFileSync(entry, 'export const file = import.meta.filename;');
  const file = String((await load(entry)).file);
  const record = file.replace(/-\w{16}\.mjs$/, '.json');
  onTestFinished(() => {
    for (const made of [file, record]) rmSync(made, { force: true });
  });
  expect(path.basename(path.dirname(file))).toBe('pgvouch');

  // Each of them looked before the first one was done.
  for (const _ of [2, 3]) {
    writeFileSync(record, JSON.stringify({ ...JSON.parse(readFileSync(record, 'utf8')), stamp: 'of before' }));
    await bundleAhead([entry]);
  }

  expect(existsSync(file)).toBe(true);
});
