import { buildImage, IMAGE, OWN_IMAGE, removeImages } from './images.ts';
import { whyNoPodman } from './podman.ts';

/** Once for the run: the image. @returns what removes it */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  const why = whyNoPodman();
  if (why !== undefined) {
    throw oneLine(`container tests cannot run: ${why}. CONTAINER_TESTS=skip goes on without them.`);
  }
  if (IMAGE !== OWN_IMAGE) return undefined;
  await buildImage((what, durationMs) => process.stdout.write(`${what}: ${(durationMs / 1000).toFixed(1)} s\n`));
  return removeImages;
}

/** Where in here it was thrown is of use to nobody. */
function oneLine(message: string): Error {
  const error = new Error(message);
  delete error.stack;
  return error;
}
