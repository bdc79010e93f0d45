import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { fetcherOf, nameFetcher } from '../../../functions/by-hand/recover/ahead-folder.ts';
import { fetchAhead } from '../../../functions/by-hand/recover/fetch-ahead.ts';
import { fetchScript } from '../../../functions/by-hand/recover/recovery-files.ts';
import { openVault, type Vault } from '../../../layers/vault/vault.ts';
import { segmentKey } from '../../../layers/wal/keys.ts';
import { segmentName } from '../../../layers/wal/segments.ts';
import { runFolder } from '../../support/run/run-folder.ts';
import { PROGRAM } from '../../support/servers/command-line.ts';
import { isAlive, kill, killIfThere } from '../../support/servers/processes.ts';
import { recoveryFrom } from '../../support/world/recovery-document.ts';
import { putBytes } from '../../support/world/stored-cluster.ts';
import { WAL_CLUSTER } from '../../support/world/wal-listing.ts';
import { freshVault } from '../../support/world/world-vault.ts';

/** Four of them may lie ready. */
const SEGMENT = 64 * 1024 * 1024;
const SINCE = 1_700_000_000;

let vault: Vault;
let dataDir: string;
let folder: string;
let stop: AbortController;
const name = (number: number, timeline = 1) => segmentName(timeline, BigInt(number), SEGMENT);
const at = (file: string) => path.join(folder, 'wal', `${process.pid}-${SINCE}`, file);
const ready = () => readdirSync(at('')).sort();
const until = (check: () => void) => vi.waitFor(check, { timeout: 60_000, interval: 20 });

/** Segments 1 to 8, of which 7 is damaged. */
beforeAll(async () => {
  ({ vault } = await freshVault());
  for (const number of [1, 2, 3, 4, 5, 6, 8]) {
    await putBytes(vault, segmentKey(vault.prefix, WAL_CLUSTER, name(number)), zstdCompressSync(content(number)));
  }
  await putBytes(vault, segmentKey(vault.prefix, WAL_CLUSTER, name(7)), Buffer.from('no zstd at all'));
});

/** As in the data directory of a server that runs: it is this process. */
beforeEach(() => {
  dataDir = runFolder('data');
  folder = path.join(dataDir, 'pgvouch-recovery');
  mkdirSync(path.join(folder, 'wal'), { recursive: true });
  writeFileSync(path.join(dataDir, 'postmaster.pid'), `${process.pid}\n${dataDir}\n${SINCE}\n5432\n`);
  writeFileSync(path.join(folder, 'recovery.json'), JSON.stringify(recovery()));
  stop = new AbortController();
});
afterEach(() => stop.abort(new Error('the test has ended')));

function content(number: number): Buffer {
  return Buffer.alloc(SEGMENT, `segment ${number}, `);
}

const recovery = () => recoveryFrom(vault, '0/604E20', SEGMENT);

function begin(file = name(1)): Promise<void> {
  nameFetcher(folder, process.pid);
  return fetchAhead({ vault, recovery: recovery(), folder, file, pid: process.pid, signal: stop.signal });
}

test('as many lie ready as there may, and more come as they are taken', async () => {
  const fetching = begin();
  await until(() => expect(ready()).toEqual([2, 3, 4, 5].map((number) => name(number))));
  expect(readFileSync(at(name(3))).equals(content(3))).toBe(true);
  rmSync(at(name(2)));
  await until(() => expect(ready()).toEqual([3, 4, 5, 6].map((number) => name(number))));
  // It is found damaged when PostgreSQL asks for it, and not before.
  for (const number of [3, 4]) rmSync(at(name(number)));
  await expect(fetching).rejects.toThrow('it cannot be decompressed');
  expect(ready()).toEqual([5, 6].map((number) => name(number)));
});

test('it ends where nothing more follows, and what nobody will ask for is removed', async () => {
  mkdirSync(at(''));
  for (const left of [name(7), name(8, 2), `${name(9)}.coming`, `${name(9)}.1234`]) writeFileSync(at(left), '');
  mkdirSync(path.join(folder, 'wal', 'an earlier run'));
  await begin(name(8));
  expect(ready()).toEqual([]);
  expect(readdirSync(path.join(folder, 'wal'))).toHaveLength(1);
});

describe('it ends, and announces nothing any more,', () => {
  test.each([
    ['when another is named', () => nameFetcher(folder, 1)],
    ['when the server has ended', () => rmSync(path.join(dataDir, 'postmaster.pid'))],
    [
      'when the server has been started anew',
      () => writeFileSync(path.join(dataDir, 'postmaster.pid'), `${process.pid}\n${dataDir}\n${SINCE + 1}\n`),
    ],
  ])('%s', async (_, happens) => {
    const fetching = begin();
    await until(() => expect(ready()).toContain(name(2)));
    happens();
    await fetching;
    expect(ready().filter((file) => file.includes('.'))).toEqual([]);
  });

  test('when the server was killed, which leaves its file', async () => {
    const server = spawn('sleep', ['600']);
    writeFileSync(path.join(dataDir, 'postmaster.pid'), `${server.pid}\n${dataDir}\n${SINCE}\n`);
    const fetching = begin();
    const place = path.join(folder, 'wal', `${server.pid}-${SINCE}`);
    await until(() => expect(existsSync(path.join(place, name(2)))).toBe(true));
    const gone = once(server, 'exit');
    kill(server.pid);
    await gone;
    await fetching;
    expect(readdirSync(place).filter((file) => file.includes('.'))).toEqual([]);
  });

  test('when recovery has ended, and makes no folder again', async () => {
    const fetching = begin();
    await until(() => expect(existsSync(at(name(2)))).toBe(true));
    renameSync(folder, `${folder}.ended`);
    await fetching.catch(() => {});
    expect(existsSync(folder)).toBe(false);
  });

  test('when the bucket fails', async () => {
    nameFetcher(folder, process.pid);
    const elsewhere = openVault({ ...vault.config, bucket: 'no-such-bucket-anywhere' });
    const request = { recovery: recovery(), folder, file: name(1), pid: process.pid, signal: stop.signal };
    await expect(fetchAhead({ ...request, vault: elsewhere })).rejects.toThrow('no-such-bucket-anywhere');
    expect(ready()).toEqual([]);
  });
});

describe('behind restore_command', () => {
  const fetch = async (number: number) => {
    const script = fetchScript(PROGRAM);
    writeFileSync(path.join(folder, 'fetch'), script);
    const args = ['pgvouch-recovery/fetch', name(number), 'RECOVERYXLOG'];
    const [code] = await once(spawn('sh', args, { cwd: dataDir, stdio: 'inherit' }), 'exit');
    return { code, isRight: readFileSync(path.join(dataDir, 'RECOVERYXLOG')).equals(content(number)) };
  };
  const right = { code: 0, isRight: true };
  afterEach(() => killIfThere(fetcherOf(folder) ?? 0));

  test('another process fetches ahead; killed, it is missed by nobody, and another takes over', async () => {
    expect(await fetch(1)).toEqual(right);
    const first = fetcherOf(folder);
    expect(await fetch(2)).toEqual(right);
    // It came from the same process, or from one that was started because that had failed.
    expect(fetcherOf(folder)).toBe(first);
    kill(first);
    await until(() => expect(isAlive(first)).toBe(false));
    for (const file of ready()) rmSync(at(file));
    writeFileSync(at(`${name(3)}.coming`), '');
    expect(await fetch(3)).toEqual(right);
    const second = fetcherOf(folder);
    expect(second).not.toBe(first);
    expect(await fetch(4)).toEqual(right);
    expect(fetcherOf(folder)).toBe(second);
    rmSync(path.join(dataDir, 'postmaster.pid'));
    await until(() => expect(isAlive(second)).toBe(false));
  });
});
