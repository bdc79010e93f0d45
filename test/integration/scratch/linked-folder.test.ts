import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { hostArchitecture } from '../../../layers/debian/debian-packages.ts';
import { readElf } from '../../../layers/debian/elf.ts';
import { libraryFolders } from '../../../layers/debian/postgresql.ts';
import { arrange } from '../../../layers/scratch/arrange.ts';

test('packages that were unpacked behind a link make a server that runs, wherever it is moved to', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'pgvouch-linked-'));
  try {
    const real = path.join(folder, 'real');
    const link = path.join(folder, 'link');
    const [libraries = ''] = libraryFolders(real, hostArchitecture());
    mkdirSync(libraries, { recursive: true });
    symlinkSync(real, link);
    // Of the machine's own: which programs they are is nothing to whoever arranges them.
    const loader = realpathSync((await readElf('/bin/true')).interpreter ?? '');
    for (const name of [path.basename(loader), 'libc.so.6']) {
      cpSync(path.join(path.dirname(loader), name), path.join(libraries, name), { dereference: true });
    }
    const bin = path.join(real, 'usr/lib/postgresql/18/bin');
    mkdirSync(bin, { recursive: true });
    for (const name of ['postgres', 'initdb']) cpSync('/bin/true', path.join(bin, name), { dereference: true });

    await arrange(link, 18, hostArchitecture());
    const moved = path.join(folder, 'moved');
    cpSync(real, moved, { recursive: true });
    rmSync(real, { recursive: true });
    for (const name of ['postgres', 'initdb']) expect(execFileSync(path.join(moved, 'bin', name)).length).toBe(0);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
