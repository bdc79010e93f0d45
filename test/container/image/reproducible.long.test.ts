import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hostArchitecture } from '../../../layers/debian/debian-packages.ts';
import { listFiles } from '../../support/container/image-files.ts';
import { buildImage, IMAGE, OWN_IMAGE, removeImages } from '../../support/container/images.ts';
import { podman } from '../../support/container/podman.ts';
import { testStateDir } from '../../support/servers/ceph.ts';

const architecture = hostArchitecture();
const SECOND = `${OWN_IMAGE}-again`;
let stateDir: string;

beforeAll(async () => {
  stateDir = await mkdtemp(path.join(testStateDir, 'reproducible-'));
  if (IMAGE !== OWN_IMAGE) await buildImage({ image: OWN_IMAGE, architecture });
  // Of what the first build made of Debian's packages, this one has nothing.
  await buildImage({ image: SECOND, architecture, stateDir });
});
afterAll(async () => {
  await removeImages(SECOND, ...(IMAGE === OWN_IMAGE ? [] : [OWN_IMAGE]));
  await rm(stateDir, { recursive: true, force: true });
});

test('two builds make the same files, layers and configuration, bit by bit', async () => {
  const [first, second] = await Promise.all([OWN_IMAGE, SECOND].map(listFiles));
  expect(first?.length).toBeGreaterThan(1_000);
  expect(second?.filter((line) => !first?.includes(line))).toEqual([]);
  const [one, two] = await Promise.all([OWN_IMAGE, SECOND].map(factsOf));
  expect(two).toEqual(one);
});

/** The history of the base is another one each time that podman imports it; an official base has one. */
async function factsOf(image: string) {
  const [{ Config, RootFS, Created, History }] = JSON.parse(await podman('image', 'inspect', image));
  const ours = History.filter(({ comment }: { comment: string }) => comment !== 'imported from tarball');
  return { Config, RootFS, Created, History: ours };
}
