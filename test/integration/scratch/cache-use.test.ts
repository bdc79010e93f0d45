import { existsSync, mkdtempSync } from 'node:fs';
import { mkdir, rm, utimes } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { hostArchitecture } from '../../../layers/debian/debian-packages.ts';
import { clearCache, markUsed, useCache } from '../../../layers/scratch/cache-use.ts';
import { provideInstallation } from '../../../layers/scratch/installation.ts';
import { finish } from '../../../layers/scratch/made.ts';

const DAY_MS = 86_400_000;
const after = (days: number) => new Date(Date.now() + days * DAY_MS);

/** A cache with a server of which there was an older one, one that was not finished, and locales. */
async function cache() {
  const folder = mkdtempSync(path.join(tmpdir(), 'pgvouch-cache-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const place = path.join(folder, 'scratch/18-amd64');
  const make = async (at: Date) => {
    const unfinished = path.join(place, 'unfinished');
    await mkdir(unfinished, { recursive: true });
    const { folder: made } = await finish(unfinished, place, { extras: [], packages: [] }, at);
    await markUsed(made);
    return made;
  };
  const older = await make(after(-2));
  const newer = await make(after(-1));
  const torn = path.join(place, '.unfinished-abc');
  const locales = path.join(folder, 'locales/forky-amd64-2.43');
  for (const one of [torn, locales]) {
    await mkdir(one, { recursive: true });
    // As unpacked packages are: of long ago.
    await utimes(one, after(-400), after(-400));
  }
  return { folder, place, older, newer, torn, locales };
}

test('what was replaced or never finished goes after a day, and what nobody asks for after 30', async () => {
  const { folder, place, older, newer, torn, locales } = await cache();
  expect(await clearCache(folder, after(0.9))).toEqual([]);
  expect((await clearCache(folder, after(1.1))).sort()).toEqual([torn, older].sort());
  expect(await clearCache(folder, after(29))).toEqual([]);
  // Asked for again, they stay.
  await markUsed(locales);
  const later = after(20);
  await utimes(path.join(locales, '.used'), later, later);
  expect(await clearCache(folder, after(31))).toEqual([newer]);
  expect(existsSync(place)).toBe(false);
  expect(await clearCache(folder, after(51))).toEqual([locales]);
  expect(await clearCache(folder, after(99))).toEqual([]);
});

test('nothing goes while a drill uses the cache, in whatever process; the last one clears it', async () => {
  const { folder, older, newer } = await cache();
  const longAgo = after(-40);
  await utimes(path.join(older, '.used'), longAgo, longAgo);
  const [one, other] = await Promise.all([useCache(folder), useCache(folder)]);
  await one.end();
  expect(await clearCache(folder, after(99))).toEqual([]);
  expect(existsSync(older)).toBe(true);
  await other.end();
  expect([older, newer].map((version) => existsSync(version))).toEqual([false, true]);
});

test('nothing goes while a server is made, not even its folder, which is empty at first', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'pgvouch-cache-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const closing = new AbortController();
  const asked = new Promise<AddressInfo>((resolve) => {
    // A mirror that is asked and says nothing.
    const mirror = createServer(() => resolve(mirror.address() as AddressInfo)).listen(0, '127.0.0.1', () => {
      const { port } = mirror.address() as AddressInfo;
      const place = { cacheDir: folder, mirror: `http://127.0.0.1:${port}/debian` };
      const request = { ...place, major: 17 as const, architecture: hostArchitecture(), packages: [] };
      made = provideInstallation({ ...request, signal: closing.signal }).catch((error) => error);
    });
    onTestFinished(() => {
      mirror.closeAllConnections();
      mirror.close();
    });
  });
  let made: Promise<unknown> = Promise.resolve();
  await asked;
  const place = path.join(folder, 'scratch', `17-${hostArchitecture()}`);
  await clearCache(folder, new Date());
  expect(existsSync(place)).toBe(true);
  closing.abort(new Error('enough'));
  expect(await made).toBeInstanceOf(Error);
  // The last one has cleared the cache.
  expect(existsSync(place)).toBe(false);
});
