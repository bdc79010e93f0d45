import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { LONGEST_PARENT_BYTES, makeScratchFolder } from '../../../layers/postgres/places/scratch-folder.ts';
import { expectNothingLeft, installationThat, ownDrillPlace } from '../../support/world/drill-place.ts';
import { world } from '../../support/world/world.ts';

test('in the longest folder that is allowed a server can be started', async () => {
  const parent = mkdtempSync(path.join(tmpdir(), 'pgvouch-'));
  const folder = path.join(parent, 'x'.repeat(LONGEST_PARENT_BYTES - parent.length - 1));
  mkdirSync(folder);
  chmodSync(parent, 0o755);
  try {
    const here = await world({ drillPlace: ownDrillPlace({ folder }) });
    expect(await here.verify(await here.dump())).toMatchObject({ verdict: 'restorable' });
    expect(readdirSync(folder)).toEqual([]);
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
});

test('the folder of a live drill stays, though nobody sees its process; that of an ended one goes', async () => {
  const parent = mkdtempSync(path.join(tmpdir(), 'pgvouch-'));
  const modulePath = path.resolve('layers/postgres/places/scratch-folder.ts');
  const script = `import(${JSON.stringify(modulePath)}).then(async ({ makeScratchFolder }) => {
    console.log((await makeScratchFolder(${JSON.stringify(parent)})).folder); process.exit(); })`;
  // As in another container: it counts processes anew, and sees none of ours.
  const apart = process.getuid?.() === 0 ? ['--pid'] : ['--user', '--map-root-user', '--pid'];
  const node = [process.execPath, '--import', 'tsx', '--eval', script];
  const inContainer = () =>
    execFileSync('unshare', [...apart, '--fork', '--mount-proc', ...node])
      .toString()
      .trim();
  try {
    const live = await makeScratchFolder(parent);
    const ended = inContainer();
    expect(
      readdirSync(parent)
        .filter((name) => !name.includes('.'))
        .sort(),
    ).toEqual([live.folder, ended].map((one) => path.basename(one)).sort());
    live.remove();
    (await makeScratchFolder(parent)).remove();
    expect(readdirSync(parent)).toEqual([]);
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
});

test('the copy that a killed process left goes with the next drill', async () => {
  const place = ownDrillPlace();
  mkdirSync(path.join(place.folder, 'pgvouch-drill-1-1-abcdef/data'), { recursive: true });
  const here = await world({ drillPlace: place });
  expect(await here.verify(await here.dump())).toMatchObject({ verdict: 'restorable' });
  expectNothingLeft(place);
});

describe('where no scratch server starts', () => {
  // As where system V shared memory is refused, or the user is in no passwd.
  const initdb = `echo 'FATAL:  could not create shared memory segment: Function not implemented'
    echo 'child process exited with exit code 1'; echo 'initdb: removing contents of data directory'; exit 1`;

  async function withoutServer() {
    const place = ownDrillPlace({ installations: [installationThat({ initdb })] });
    const here = await world({ drillPlace: place });
    return { here, place, manifest: await here.dump() };
  }

  test('a backup is read, and the reason is the server’s own', async () => {
    const { here, place, manifest } = await withoutServer();
    const why = 'initdb failed: FATAL:  could not create shared memory segment: Function not implemented';
    expect(await here.verify(manifest)).toMatchObject({
      verdict: 'readable',
      reasons: [`No restore was tried: the scratch server does not start: ${why}.`],
      sha256: manifest.archive.sha256,
    });
    expect(here.log.join('')).toContain(why);
    expectNothingLeft(place);
  });

  test('a corrupt archive is found all the same', async () => {
    const { here, place, manifest } = await withoutServer();
    await here.vault.put(manifest.archive.key, 'something else');
    await expect(here.verify(manifest)).rejects.toMatchObject({ problem: expect.stringMatching(/^corrupt: /) });
    expectNothingLeft(place);
  });

  test('one that is killed while it starts gives no verdict but an alarm', async () => {
    const place = ownDrillPlace({ installations: [installationThat({ initdb: 'kill -KILL $$' })] });
    const here = await world({ drillPlace: place });
    await expect(here.verify(await here.dump())).rejects.toMatchObject({
      name: 'ConfigError',
      problem: expect.stringMatching(/^no scratch server is available: .*initdb was killed by SIGKILL/),
    });
    expectNothingLeft(place);
  });
});
