import { cp, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { shareLibraries } from '../../../deploy/image/share-libraries.ts';
import { pgClientPrograms } from '../../../layers/build/pg-client/layer.ts';
import { runTool } from '../../../layers/debian/tool.ts';
import { clientLayer, host } from '../../support/servers/client-layer.ts';
import { world } from '../../support/world/world.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'pgvouch-shared-'));
  for (const major of [15, 17] as const) {
    const { root } = await clientLayer(major, host);
    await cp(path.join(root, String(major)), path.join(folder, String(major)), { recursive: true });
  }
}, 600_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

test('client programs of 15 run with the libraries of 17, wherever the folders lie, and their own are gone', async () => {
  const own = await readdir(path.join(folder, '15/lib'));
  const packages = await shareLibraries(folder, 15, 17);
  expect(packages).toEqual([{ name: 'postgresql-client-15', version: expect.stringMatching(/^15\./) }]);
  const moved = path.join(folder, 'moved');
  for (const major of ['15', '17']) {
    await cp(path.join(folder, major), path.join(moved, major), { recursive: true, verbatimSymlinks: true });
    await rename(path.join(folder, major), path.join(folder, `${major}-gone`));
  }
  const home = path.join(moved, '15');

  const manifest = JSON.parse(await readFile(path.join(home, 'manifest.json'), 'utf8'));
  expect(manifest).toMatchObject({ major: 15, packages });
  expect(await readdir(path.join(home, 'licenses'))).toEqual(['postgresql-client-15']);
  // What only bookworm's libraries needed is gone.
  expect(own).toContain('libgnutls.so.30');
  expect(manifest.libraries).not.toContain('libgnutls.so.30');
  expect(await readdir(path.join(home, 'lib'))).toEqual(await readdir(path.join(moved, '17/lib')));
  // Every symbol is looked up at once.
  const env = { PATH: process.env.PATH, LD_BIND_NOW: '1' };
  for (const program of pgClientPrograms(15)) {
    const said = await runTool(path.join(home, 'bin', program), ['--version'], { env });
    expect(said).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/\(PostgreSQL\) 15\./) });
  }

  const { target } = (await world()).postgres;
  const connection = { PGHOST: target.host, PGPORT: String(target.port), PGUSER: target.user };
  const asked = await runTool(path.join(home, 'bin/psql'), ['-XAt', '-c', 'SELECT 6 * 7', 'postgres'], {
    env: { ...env, ...connection, PGPASSWORD: String(target.password) },
  });
  expect(asked).toMatchObject({ exitCode: 0, stdout: '42', stderr: '' });
});

test('a library that the other major lacks is named', async () => {
  const { root } = await clientLayer(15, host);
  await cp(path.join(root, '15'), path.join(folder, 'lacking/15'), { recursive: true });
  await cp(path.join(root, '15'), path.join(folder, 'lacking/17'), { recursive: true });
  await rm(path.join(folder, 'lacking/17/lib/libreadline.so.8'));
  await expect(shareLibraries(path.join(folder, 'lacking'), 15, 17)).rejects.toThrow(/psql needs libreadline\.so\.8/);
  expect(await readdir(path.join(folder, 'lacking/15/lib'))).toContain('libreadline.so.8');
});
