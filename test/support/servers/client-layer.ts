import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { buildPgClientLayer, type PgClientLayer, pgClientPrograms } from '../../../layers/build/pg-client/layer.ts';
import { type Architecture, hostArchitecture } from '../../../layers/debian/debian-packages.ts';
import { readElf } from '../../../layers/debian/elf.ts';
import type { DebianMajor } from '../../../layers/debian/postgresql.ts';
import { runTool } from '../../../layers/debian/tool.ts';
import { testStateDir } from './ceph.ts';
import { emulate } from './foreign-machine.ts';

export const host = hostArchitecture();
export const other: Architecture = host === 'amd64' ? 'arm64' : 'amd64';
/** What Lambda allows a function and its layers leaves so much for PostgreSQL's programs. */
export const MOST_BYTES = 120_000_000;

/** The layer of one major, built if it is not there. */
export function clientLayer(major: DebianMajor, architecture: Architecture): Promise<PgClientLayer> {
  return buildPgClientLayer({ major, architecture, stateDir: testStateDir, mirror: process.env.DEBIAN_MIRROR });
}

export async function expectDescribed(
  { manifest, dir }: PgClientLayer,
  { major, architecture }: { readonly major: number; readonly architecture: Architecture },
): Promise<void> {
  expect(manifest).toMatchObject({ major, architecture, programs: pgClientPrograms(manifest.major) });
  const client = manifest.packages.find(({ name }) => name === `postgresql-client-${major}`);
  expect(client?.version).toMatch(new RegExp(`^${major}\\.`));
  expect(client?.version).toContain(`${manifest.version}-`);
  expect(Date.parse(manifest.builtAt)).toBeGreaterThan(Date.parse('2025-01-01'));
  expect(await readdir(join(dir, 'pg-client', String(major), 'licenses'))).toContain(
    `libssl3${major === 15 ? '' : 't64'}`,
  );
}

export async function expectAllLibraries({ root }: PgClientLayer, major: number): Promise<void> {
  const home = join(root, String(major));
  const libraries = await readdir(join(home, 'lib'));
  for (const part of ['lib', 'libexec']) {
    for (const file of await readdir(join(home, part))) {
      const { needed, interpreter } = await readElf(join(home, part, file));
      expect(libraries).toEqual(expect.arrayContaining([...needed]));
      if (part === 'libexec') expect(interpreter).toMatch(/ld-linux/);
    }
  }
}

/** Those of the other architecture by an emulator. */
export async function expectToRun({ root, manifest }: PgClientLayer, major: number): Promise<void> {
  const { architecture } = manifest;
  const home = join(root, String(major));
  const foreign = architecture === host ? undefined : await emulate(architecture);
  for (const program of pgClientPrograms(manifest.major)) {
    const loader = join(home, 'lib', architecture === 'amd64' ? 'ld-linux-x86-64.so.2' : 'ld-linux-aarch64.so.1');
    const byLoader = ['--inhibit-cache', '--library-path', join(home, 'lib'), join(home, 'libexec', program)];
    const result = foreign
      ? await foreign(loader, [...byLoader, '--version'])
      : await runTool(join(home, 'bin', program), ['--version'], { env: {} });
    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    expect(result.stdout).toMatch(new RegExp(`^${program} \\(PostgreSQL\\) ${major}\\.`));
  }
}
