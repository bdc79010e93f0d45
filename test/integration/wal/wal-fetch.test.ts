import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { fetcherOf } from '../../../functions/by-hand/recover/ahead-folder.ts';
import { fetchWal } from '../../../functions/by-hand/recover/wal-fetch.ts';
import type { Vault } from '../../../layers/vault/vault.ts';
import { historyKey, partialKey, segmentKey } from '../../../layers/wal/keys.ts';
import { segmentName } from '../../../layers/wal/segments.ts';
import { runFolder } from '../../support/run/run-folder.ts';
import { pgvouch } from '../../support/servers/command-line.ts';
import { recoveryFrom } from '../../support/world/recovery-document.ts';
import { putBytes } from '../../support/world/stored-cluster.ts';
import { WAL_CLUSTER, WAL_SEGMENT } from '../../support/world/wal-listing.ts';
import { freshVault } from '../../support/world/world-vault.ts';

let vault: Vault;
let folder: string;
let target: string;
const name = (number: number, timeline = 1) => segmentName(timeline, BigInt(number), WAL_SEGMENT);
const content = (number: number) => Buffer.alloc(WAL_SEGMENT, `segment ${number}, `);
const wholeKey = (number: number, timeline = 1) => segmentKey(vault.prefix, WAL_CLUSTER, name(number, timeline));
const begunKey = (number: number, end: number) => partialKey(vault.prefix, WAL_CLUSTER, name(number), end);

/** Segments 1 to 5, of which 4 is missing; 6 in two beginnings; timeline 2 with a history, and a damaged one. */
beforeAll(async () => {
  ({ vault } = await freshVault());
  for (const number of [1, 2, 3, 5]) await putBytes(vault, wholeKey(number), zstdCompressSync(content(number)));
  for (const end of [10_000, 20_000]) {
    await putBytes(vault, begunKey(6, end), zstdCompressSync(content(6).subarray(0, end)));
  }
  await vault.put(historyKey(vault.prefix, WAL_CLUSTER, 2), '1\t0/600000\tno reason\n');
  await putBytes(vault, wholeKey(7, 2), zstdCompressSync(content(7).subarray(0, 100)));
  await putBytes(vault, wholeKey(8, 2), Buffer.from('no zstd at all'));
});

beforeEach(() => {
  folder = path.join(runFolder('recovery'), 'pgvouch-recovery');
  mkdirSync(path.join(folder, 'wal'), { recursive: true });
  target = path.join(folder, 'RECOVERYXLOG');
});

const recovery = (endsAt = '0/604E20') => recoveryFrom(vault, endsAt);

const startAhead = vi.fn(() => 4711);
const fetch = (file: string, of = recovery()) =>
  fetchWal({ vault, recovery: of, folder, file, target, startAhead, signal: AbortSignal.timeout(60_000) });

test('a segment comes whole; of a server that runs, those after it are fetched ahead, up to what is missing', async () => {
  expect(await fetch(name(1))).toBe(true);
  expect(readFileSync(target).equals(content(1))).toBe(true);
  expect(startAhead).not.toHaveBeenCalled();
  writeFileSync(path.join(folder, '../postmaster.pid'), `${process.pid}\n/data\n1\n`);
  for (const number of [2, 3, 5]) expect(await fetch(name(number))).toBe(true);
  expect(startAhead).toHaveBeenCalledTimes(1);
  expect(fetcherOf(folder)).toBe(4711);
  expect(readdirSync(path.join(folder, 'wal', `${process.pid}-1`))).toEqual([`${name(3)}.coming`]);
});

test('the longest beginning of a segment comes, filled up with zeros', async () => {
  expect(await fetch(name(6))).toBe(true);
  const begun = readFileSync(target);
  expect(begun.subarray(0, 20_000).equals(content(6).subarray(0, 20_000))).toBe(true);
  expect(begun.subarray(20_000).equals(Buffer.alloc(WAL_SEGMENT - 20_000))).toBe(true);
});

test('a history comes as it is', async () => {
  expect(await fetch('00000002.history')).toBe(true);
  expect(readFileSync(target, 'utf8')).toBe('1\t0/600000\tno reason\n');
});

test.each([
  ['the segment after the last', () => name(7)],
  ['a timeline that nobody has begun', () => name(1, 3)],
  ['a history', () => '00000003.history'],
  ['whatever else PostgreSQL asks for', () => `${name(1)}.00000028.backup`],
])('%s is not there', async (_, file) => {
  expect(await fetch(file())).toBe(false);
  expect(existsSync(target)).toBe(false);
});

describe('it fails, so that PostgreSQL does not take it for the end of the WAL,', () => {
  test('where the WAL goes on behind a gap that the plan did not end at', async () => {
    await expect(fetch(name(4))).rejects.toThrow(`it is not stored, but ${name(5)} is: the WAL has a gap`);
    expect(await fetch(name(4), recovery('0/400000'))).toBe(false);
    const begun = partialKey(vault.prefix, WAL_CLUSTER, name(6, 2), 10_000);
    await putBytes(vault, begun, zstdCompressSync(content(6).subarray(0, 10_000)));
    await expect(fetch(name(6, 2))).rejects.toThrow(`only its beginning is stored, but ${name(7, 2)} is`);
  });

  test('where a segment is damaged', async () => {
    await expect(fetch(name(7, 2))).rejects.toThrow('it holds 100 bytes of WAL, and should hold 1048576');
    await expect(fetch(name(8, 2))).rejects.toThrow('it cannot be decompressed');
  });

  test('as a command, with its exit codes', async () => {
    const codeOf = async (file: string, of = recovery()) => {
      writeFileSync(path.join(folder, 'recovery.json'), JSON.stringify(of));
      const { exitCode } = await pgvouch({}, 'wal-fetch', '--recovery', folder, file, target);
      return exitCode;
    };
    const away = recovery();
    const elsewhere = { ...away, environment: { ...away.environment, BACKUP_BUCKET: 'no-such-bucket-anywhere' } };
    expect([
      await codeOf(name(6)),
      await codeOf(name(7)),
      await codeOf(name(4)),
      await codeOf(name(6), elsewhere),
    ]).toEqual([0, 44, 170, 170]);
    writeFileSync(path.join(folder, 'recovery.json'), '{}');
    expect((await pgvouch({}, 'wal-fetch', '--recovery', folder, name(6), target)).exitCode).toBe(170);
  });
});
