import { cp, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { hostArchitecture } from '../../../layers/debian/debian-packages.ts';
import { provideLocales } from '../../../layers/scratch/locales.ts';
import { testStateDir } from '../../support/servers/ceph.ts';

const common = { suite: 'bookworm', architecture: hostArchitecture() } as const;
const NOWHERE = 'http://127.0.0.1:1/debian';

test('locales come out of Debian’s packages, only those asked for; once had, they need no network', async () => {
  const names = ['de_DE.UTF-8', 'de_DE@euro', 'ja_JP.EUC-JP', 'C', 'xx_YY.UTF-8', 'xx_YY.UTF-8'];
  const request = { ...common, names, cacheDir: testStateDir };
  const { folder, lacking, failure } = await provideLocales({ ...request, mirror: process.env.DEBIAN_MIRROR });
  expect({ lacking, failure }).toEqual({ lacking: ['xx_YY.UTF-8'], failure: undefined });
  // Links lead to other locales there: here each stands for itself.
  for (const locale of ['de_DE.utf8', 'de_DE@euro', 'ja_JP.eucjp', 'C.utf8']) {
    for (const file of ['LC_COLLATE', 'LC_MESSAGES/SYS_LC_MESSAGES']) {
      expect((await stat(path.join(folder, locale, file))).isFile()).toBe(true);
    }
  }
  expect(await provideLocales({ ...request, mirror: NOWHERE })).toEqual({ folder, lacking });
  expect(await provideLocales({ ...request, names: ['C'], mirror: NOWHERE })).toEqual({ folder, lacking: [] });

  // Another one is to be had, and the mirror is away: what there is serves, and the rest is named.
  const elsewhere = await mkdtemp(path.join(tmpdir(), 'pgvouch-locales-'));
  onTestFinished(() => rm(elsewhere, { recursive: true, force: true }));
  await cp(folder, path.join(elsewhere, 'locales', path.basename(folder)), { recursive: true });
  await rm(path.join(elsewhere, 'locales', path.basename(folder), 'de_DE@euro'), { recursive: true });
  expect(await provideLocales({ ...request, cacheDir: elsewhere, mirror: NOWHERE })).toMatchObject({
    lacking: ['de_DE@euro', 'xx_YY.UTF-8'],
    failure: expect.stringContaining('127.0.0.1:1'),
  });

  // The server's C library may be another one by now: its locales are its own.
  const other = await provideLocales({ ...request, cacheDir: elsewhere, libc: '2.99-1', mirror: NOWHERE });
  expect(other.folder).toBe(`${path.join(elsewhere, 'locales', path.basename(folder))}-2.99`);
});
