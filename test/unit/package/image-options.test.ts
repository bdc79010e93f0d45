import { expect, test } from 'vitest';
import { readImageOptions } from '../../../deploy/image/options.ts';
import { debianComponents } from '../../../deploy/image/sbom.ts';

test('build arguments become what an image is made of', () => {
  const env = {
    TARGETARCH: 'arm64',
    SCRATCH_MAJORS: '18, 15',
    SCRATCH_EXTENSIONS: 'vector,postgis',
    SCRATCH_LOCALES: '',
  };
  expect(readImageOptions(env)).toEqual({
    ...{ architecture: 'arm64', majors: [15, 18], extensions: ['vector', 'postgis'], locales: [] },
    ...{ stateDir: '.pgvouch', mirror: undefined },
  });
});

test.each([
  [{ TARGETARCH: 'riscv64', SCRATCH_MAJORS: '18' }, /TARGETARCH is "riscv64"\nHint: it must be amd64 or arm64/],
  [{ TARGETARCH: 'amd64', SCRATCH_MAJORS: '16' }, /SCRATCH_MAJORS is "16"\nHint: it must be some of 15, 17, 18/],
  [{ TARGETARCH: 'amd64', SCRATCH_MAJORS: '15,16' }, /SCRATCH_MAJORS/],
  [{ TARGETARCH: 'amd64' }, /SCRATCH_MAJORS is ""/],
])('a malformed argument is refused by its name: %j', (env, message) => {
  expect(() => readImageOptions(env)).toThrow(message);
});

test('a Debian package is one component, however many parts of the image have it', () => {
  const libc = { name: 'libc6', version: '2.41-12', suite: 'trixie' };
  const components = debianComponents(
    [libc, { name: 'libstdc++6', version: '14.2.0-19', suite: 'trixie' }, libc],
    'amd64',
  );
  expect(components.map(({ purl }) => purl)).toEqual([
    'pkg:deb/debian/libc6@2.41-12?arch=amd64&distro=trixie',
    'pkg:deb/debian/libstdc%2B%2B6@14.2.0-19?arch=amd64&distro=trixie',
  ]);
});
