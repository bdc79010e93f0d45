import { mkdirSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { makeScratchFolder } from '../../../layers/postgres/places/scratch-folder.ts';
import { startScratchServer } from '../../../layers/postgres/places/scratch-server.ts';
import { installationThat, ownDrillPlace } from '../../support/world/drill-place.ts';

/** Starts a scratch server and ends it: its version. */
async function startOne(installation: string): Promise<string> {
  const { folder, remove } = await makeScratchFolder(ownDrillPlace().folder);
  try {
    const server = await startScratchServer({ installation, folder, jobs: 1, signal: AbortSignal.timeout(300_000) });
    await server.end();
    return server.version;
  } finally {
    remove();
  }
}

function breakInitdb(installation: string): void {
  writeFileSync(path.join(installation, 'bin/initdb'), "#!/bin/sh\necho 'FATAL:  initdb was run'\nexit 1\n");
}

const keptIn = (installation: string) => readdirSync(installation).filter((name) => name.startsWith('pristine'));

test('in an installation of pgvouch’s own initdb runs once: later clusters are copies of the first', async () => {
  const installation = installationThat({});
  writeFileSync(path.join(installation, 'pg-symlinks.json'), '[]');
  const longAgo = new Date(Date.now() - 31 * 86_400_000);
  const old = path.join(installation, 'pristine-0123456789ab');
  mkdirSync(old);
  utimesSync(old, longAgo, longAgo);
  const version = await startOne(installation);
  // The old one, which nobody has wanted for so long, is gone.
  const [kept = '', ...more] = keptIn(installation);
  expect([kept === path.basename(old), more]).toEqual([false, []]);
  utimesSync(path.join(installation, kept), longAgo, longAgo);
  breakInitdb(installation);
  expect(await startOne(installation)).toBe(version);
  expect(statSync(path.join(installation, kept)).mtime > longAgo).toBe(true);

  rmSync(path.join(installation, kept), { recursive: true });
  await expect(startOne(installation)).rejects.toThrow('initdb was run');
});

test('nothing is written into an installation that belongs to somebody else', async () => {
  const installation = installationThat({});
  await startOne(installation);
  expect(keptIn(installation)).toEqual([]);
});
