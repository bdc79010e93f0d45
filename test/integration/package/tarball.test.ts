import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import project from '../../../package.json' with { type: 'json' };
import { runCommandLine, urlOf, variablesOf } from '../../support/servers/command-line.ts';
import { world } from '../../support/world/world.ts';

const run = promisify(execFile);
const root = path.resolve(import.meta.dirname, '../../..');
let folder: string;
let installed: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'pgvouch-package-'));
  await chmod(folder, 0o755);
  await run('npm', ['pack', '--pack-destination', folder], { cwd: root });
  // Without a registry and without a cache: there is nothing to fetch.
  const offline = ['--offline', '--cache', path.join(folder, 'no-cache'), '--no-audit', '--no-fund'];
  await run('npm', ['install', ...offline, '--prefix', folder, path.join(folder, `pgvouch-${project.version}.tgz`)]);
  installed = path.join(folder, 'node_modules/pgvouch');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('a package has the bundles, says what is in them, and needs no other package', async () => {
  expect((await readdir(path.join(folder, 'node_modules'))).filter((name) => !name.startsWith('.'))).toEqual([
    'pgvouch',
  ]);
  expect((await readdir(installed)).sort()).toEqual(
    ['CHANGELOG.md', 'LICENSE', 'README.md', 'deploy', 'dist', 'package.json'].sort(),
  );
  expect(existsSync(path.join(installed, 'deploy/package/pgvouch.schema.json'))).toBe(true);
  for (const name of [
    ...['cli', 'wal-fetch', 'serve', 'child', 'set-up'],
    ...['find', 'dump', 'verify', 'retention', 'wal', 'base', 'recovery', 'exporter', 'notify'].map(
      (one) => `functions/${one}`,
    ),
  ]) {
    expect(existsSync(path.join(installed, `dist/${name}.mjs`)), name).toBe(true);
  }
  const { components } = JSON.parse(await readFile(path.join(installed, 'dist/sbom.cdx.json'), 'utf8'));
  const names: string[] = components.map(({ name }: { name: string }) => name);
  expect(names).toEqual(expect.arrayContaining(['@aws-sdk/client-s3', 'pg', 'pino', 'zod']));
  expect(names).not.toContain('vitest');
  const licences = await readFile(path.join(installed, 'dist/licences.txt'), 'utf8');
  for (const name of names) expect(licences).toMatch(new RegExp(`^${name} \\d.* \\(.+\\)$`, 'm'));
  expect(licences).not.toContain('(unknown)');
});

test('with the package alone a backup is taken and restored', async () => {
  const here = await world();
  await here.sql('CREATE TABLE orders AS SELECT g AS id FROM generate_series(1, 1234) g');
  const program = path.join(folder, 'node_modules/.bin/pgvouch');
  const env = variablesOf(here.vault, here.postgres.target);
  const pgvouch = (...args: string[]) => runCommandLine(program, env, args);

  expect(await pgvouch('--version')).toMatchObject({ exitCode: 0, stdout: `${project.version}\n` });
  expect(await runCommandLine(program, { POSTGRES_PORT: 'none' }, ['serve'])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringMatching(/^pgvouch: read configuration: .*POSTGRES_PORT/),
  });
  // PostgreSQL calls it so, where nothing was restored.
  expect(await pgvouch('wal-fetch', '--recovery', 'nowhere', '000000010000000000000001', 'to')).toMatchObject({
    exitCode: 170,
    stderr: expect.stringContaining('nowhere/recovery.json'),
  });
  expect(await pgvouch('dump', '--database', here.database)).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('1 table with 1,234 rows'),
  });
  const copy = `${here.database}_restored`;
  const to = urlOf(here.postgres.target, copy);
  const args = ['restore', '--database', here.database, '--create', '--to', to, '--accept', 'unverified'];
  expect(await pgvouch(...args)).toMatchObject({ exitCode: 0 });
  expect(await here.postgres.sql(copy, 'SELECT FROM orders')).toHaveLength(1234);
});
