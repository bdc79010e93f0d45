import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { LONGEST_PARENT_BYTES, makeScratchFolder } from '../../../layers/postgres/places/scratch-folder.ts';
import { expectNothingLeft, ownDrillPlace } from '../../support/world/drill-place.ts';
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
