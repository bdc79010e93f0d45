import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readlink, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { copyStripped, keepOnce } from '../../../deploy/image/slim.ts';

const LARGE = 40_000;
let root: string;

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'pgvouch-slim-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

test('of files that are the same one is kept, and the others are links to it, wherever the folder lies', async () => {
  const opt = path.join(root, 'opt');
  const files = {
    'client/17/lib/libssl.so.3': 'a'.repeat(LARGE),
    'scratch/17/lib/libssl.so.3': 'a'.repeat(LARGE),
    'scratch/18/lib/libssl.so.3': 'b'.repeat(LARGE),
    // A script finds its folder by its own path.
    'client/17/bin/pg_dump': '#!/bin/sh',
    'client/18/bin/pg_dump': '#!/bin/sh',
  };
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(opt, name)), { recursive: true });
    await writeFile(path.join(opt, name), content);
  }
  expect(await keepOnce(opt)).toBe(LARGE);

  const moved = path.join(root, 'moved');
  await rename(opt, moved);
  for (const [name, content] of Object.entries(files)) {
    expect(await readFile(path.join(moved, name), 'utf8')).toBe(content);
  }
  expect(await readlink(path.join(moved, 'scratch/17/lib/libssl.so.3'))).toBe('../../../client/17/lib/libssl.so.3');
  await expect(readlink(path.join(moved, 'client/18/bin/pg_dump'))).rejects.toThrow('EINVAL');
});

test('a program without the names for debuggers is smaller, and runs', async () => {
  const node = path.join(root, 'node');
  await copyStripped(process.execPath, node);
  expect((await stat(node)).size).toBeLessThan((await stat(process.execPath)).size);
  expect(execFileSync(node, ['--print', '[process.version, 6 * 7].join()'], { encoding: 'utf8' })).toBe(
    `${process.version},42\n`,
  );
});

test('what is no program is refused', async () => {
  await writeFile(path.join(root, 'text'), 'x'.repeat(100));
  await expect(copyStripped(path.join(root, 'text'), path.join(root, 'out'))).rejects.toThrow(/text is not a 64-bit/);
});
