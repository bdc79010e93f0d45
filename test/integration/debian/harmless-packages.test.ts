import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runTool } from '../../../layers/debian/tool.ts';
import { unpackFiles } from '../../../layers/debian/unpack.ts';
import { makeDebianFile } from '../../support/servers/debian-file.ts';

let folder: string;
/** What packages are made of, and where they are unpacked; beside both, what must stay as it is. */
let contents: string;
let into: string;
let outside: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'pgvouch-harmless-'));
  [contents = '', into = '', outside = ''] = ['contents', 'into', 'outside'].map((name) => path.join(folder, name));
  for (const one of [contents, into, outside]) await mkdir(one);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Makes a package of a folder of its own, by default with all that is in it. */
async function packageOf(name: string, scripts: Readonly<Record<string, string>> = {}, tar = ['.']): Promise<string> {
  const file = path.join(folder, `${name}.deb`);
  await makeDebianFile(file, scripts, tar, contents);
  await rm(contents, { recursive: true });
  await mkdir(contents);
  return file;
}

async function put(name: string, text: string): Promise<string> {
  const file = path.join(contents, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, text);
  return file;
}

test('no script of a package runs, and none of its triggers', async () => {
  const leaveTrace = `#!/bin/sh\necho "$0" >> '${outside}/trace'\n`;
  const scripts = ['preinst', 'postinst', 'prerm', 'postrm', 'config'].map((name) => [name, leaveTrace]);
  await put('usr/share/doc/traced/copyright', 'free');
  const file = await packageOf('traced', {
    ...Object.fromEntries(scripts),
    triggers: 'interest-noawait /usr/share/doc\nactivate-noawait ldconfig\n',
  });
  // It is a package, and dpkg sees the scripts.
  const { stdout } = await runTool('dpkg-deb', ['--info', file]);
  for (const name of ['preinst', 'postinst', 'prerm', 'postrm', 'config', 'triggers']) expect(stdout).toContain(name);

  await unpackFiles([file], into);

  expect(await readFile(path.join(into, 'usr/share/doc/traced/copyright'), 'utf8')).toBe('free');
  expect(await readdir(into)).toEqual(['usr']);
  expect(await readdir(outside)).toEqual([]);
  // dpkg has not heard of it.
  expect(await runTool('dpkg-query', ['--status', 'traced'])).toMatchObject({ exitCode: 1 });
});

test('a program loses the rights of its owner and group, and keeps all others', async () => {
  const program = await put('usr/bin/su', '#!/bin/sh\n');
  await runTool('chmod', ['6755', program]);
  expect((await lstat(program)).mode & 0o7777).toBe(0o6755);

  await unpackFiles([await packageOf('rights')], into);

  expect((await lstat(path.join(into, 'usr/bin/su'))).mode & 0o7777).toBe(0o755);
});

test('device files and pipes are not there', async () => {
  await put('dev/file', 'x');
  expect(await runTool('mkfifo', [path.join(contents, 'dev/pipe')])).toMatchObject({ exitCode: 0 });
  // Only root can make one, and only in root's hands could it do harm.
  if (process.getuid?.() === 0) {
    const memory = ['mknod', path.join(contents, 'dev/null'), 'c', '1', '3'] as const;
    expect(await runTool(memory[0], memory.slice(1))).toMatchObject({ exitCode: 0 });
  }

  await unpackFiles([await packageOf('devices')], into);

  expect(await readdir(path.join(into, 'dev'))).toEqual(['file']);
});

test('nothing is written through a link that leads out of the folder, of this package or one before', async () => {
  for (const [name, target] of [
    ['absolute', outside],
    ['relative', `../../../../../../../../../..${outside}`],
  ] as const) {
    await mkdir(path.join(contents, 'usr/share'), { recursive: true });
    await symlink(target, path.join(contents, 'usr/share', name));
  }
  const links = await packageOf('links');
  await put('usr/share/absolute/written', 'x');
  await put('usr/share/relative/written', 'x');
  // A folder in the package would take the link's place.
  const names = ['absolute', 'relative'].map((name) => `usr/share/${name}/written`);
  const through = await packageOf('through', {}, names);

  // Its target is not in the folder, so tar finds no folder to write to.
  await expect(unpackFiles([links, through], into)).rejects.toMatchObject({ name: 'ConfigError' });

  expect(await readdir(outside)).toEqual([]);
});

test('links lead where they would if the folder were the root directory', async () => {
  await put('etc/app/settings', 'x');
  await mkdir(path.join(contents, 'usr/lib'), { recursive: true });
  await symlink('/etc/app', path.join(contents, 'usr/lib/app'));
  await symlink('../../../../etc/app', path.join(contents, 'usr/lib/above'));
  await symlink('../../etc/app', path.join(contents, 'usr/lib/beside'));
  await symlink('/', path.join(contents, 'top'));

  await unpackFiles([await packageOf('links')], into);

  for (const name of ['app', 'above', 'beside']) {
    expect(await readlink(path.join(into, 'usr/lib', name))).toBe('../../etc/app');
    expect(await readFile(path.join(into, 'usr/lib', name, 'settings'), 'utf8')).toBe('x');
  }
  expect(await readlink(path.join(into, 'top'))).toBe('.');
});

test.each([
  ['..', 's,^evil,../outside/evil,'],
  ['an absolute path', 'absolute'],
])('a file whose path has %s stays in the folder, or the package is refused', async (_, how) => {
  await put('evil', 'x');
  await put('good', 'x');
  const transform = how === 'absolute' ? `s,^evil,${outside}/evil,` : how;
  const file = await packageOf('paths', {}, ['-P', `--transform=${transform}`, 'good', 'evil']);
  const { stdout } = await runTool('dpkg-deb', ['--contents', file]);
  expect(stdout).toMatch(/outside\/evil/);

  await unpackFiles([file], into).catch((error) => expect(error).toMatchObject({ name: 'ConfigError' }));

  expect(await readdir(outside)).toEqual([]);
  expect(await readFile(path.join(into, 'good'), 'utf8')).toBe('x');
});

test('what is no package is refused, by its name', async () => {
  const file = path.join(folder, 'broken.deb');
  await writeFile(file, 'not a package');
  await expect(unpackFiles([file], into)).rejects.toMatchObject({
    message: expect.stringMatching(/^unpack broken\.deb: .*broken\.deb/),
  });
});
