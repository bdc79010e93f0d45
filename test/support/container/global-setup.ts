import { hostArchitecture } from '../../../layers/debian/debian-packages.ts';
import { buildImage, IMAGE, OWN_IMAGE, removeImages } from './images.ts';

/** Once for the run: the image. @returns what removes it */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (IMAGE !== OWN_IMAGE) return undefined;
  await buildImage({
    ...{ image: OWN_IMAGE, architecture: hostArchitecture() },
    onStep: (what, durationMs) => process.stdout.write(`${what}: ${(durationMs / 1000).toFixed(1)} s\n`),
  });
  return () => removeImages(OWN_IMAGE);
}
