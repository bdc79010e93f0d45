import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runTool } from '../../../layers/debian/tool.ts';

/**
 * Makes a package file as `ar` and `tar` would: dpkg-deb --build refuses to make some that dpkg-deb unpacks.
 *
 * @param control - what `control.tar` has beside `control`: the scripts of a maintainer, by name
 * @param tar - arguments of tar that make `data.tar`, in `folder`
 * @see deb(5)
 */
export async function makeDebianFile(
  file: string,
  control: Readonly<Record<string, string>>,
  tar: readonly string[],
  folder: string,
): Promise<void> {
  const name = path.basename(file, '.deb');
  const work = await mkdtemp(path.join(path.dirname(file), `${name}-`));
  const about = [`Package: ${name}`, 'Version: 1', 'Architecture: all', 'Maintainer: nobody <n@example.org>'];
  await mkdir(path.join(work, 'control'));
  for (const [script, text] of Object.entries({ control: `${about.join('\n')}\nDescription: test\n`, ...control })) {
    await writeFile(path.join(work, 'control', script), text, { mode: 0o755 });
  }
  const members = { 'control.tar': ['-C', path.join(work, 'control'), '.'], 'data.tar': ['-C', folder, ...tar] };
  const parts = [Buffer.from('!<arch>\n'), member('debian-binary', Buffer.from('2.0\n'))];
  for (const [part, args] of Object.entries(members)) {
    const made = path.join(work, part);
    const { exitCode, stderr } = await runTool('tar', ['-cf', made, '--owner=0', '--group=0', ...args]);
    if (exitCode !== 0) throw new Error(`tar: ${stderr}`);
    parts.push(member(part, await readFile(made)));
  }
  await writeFile(file, Buffer.concat(parts));
  await rm(work, { recursive: true });
}

/** @see ar(5) */
function member(name: string, content: Buffer): Buffer {
  const header = `${name.padEnd(16)}${'0'.padEnd(12)}${'0'.padEnd(6)}${'0'.padEnd(6)}${'100644'.padEnd(8)}${String(content.length).padEnd(10)}\`\n`;
  return Buffer.concat([Buffer.from(header), content, Buffer.alloc(content.length % 2, '\n')]);
}
