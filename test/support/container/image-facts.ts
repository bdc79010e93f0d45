import { expect } from 'vitest';
import type { Architecture } from '../../../layers/debian/debian-packages.ts';
import { podman } from './podman.ts';

/** That an image is for an architecture, small, and starts the service as nobody in particular, with labels and a health check. */
export async function expectDescribed(name: string, architecture: Architecture, mostBytes: number): Promise<void> {
  const [image] = JSON.parse(await podman('image', 'inspect', name));
  process.stdout.write(`the image for ${architecture} has ${Math.round(image.Size / 1e6)} MB, unpacked\n`);
  expect(image).toMatchObject({ Architecture: architecture, Os: 'linux' });
  expect(image.Size).toBeLessThan(mostBytes);
  expect(image.Config).toMatchObject({
    ...{ User: '10001:10001', Entrypoint: ['tini', '--', 'pgvouch'], Cmd: ['serve'] },
    ...{ Volumes: { '/var/lib/pgvouch': {} }, ExposedPorts: { '3000/tcp': {}, '3003/tcp': {} } },
    Labels: {
      'org.opencontainers.image.title': 'pgvouch',
      'org.opencontainers.image.licenses': 'MIT',
    },
  });
  expect(image.HealthCheck?.Test ?? image.Healthcheck?.Test).toEqual(expect.arrayContaining(['bash']));
}
