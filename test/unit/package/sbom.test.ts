import { expect, test } from 'vitest';
import { bundledPackages, sbomOf } from '../../../deploy/package/sbom.ts';

const lock = {
  packages: {
    'node_modules/pg': { version: '8.1.0' },
    'node_modules/pg/node_modules/@scope/a': { version: '1.0.0' },
    'node_modules/@scope/a': { version: '2.0.0' },
    'node_modules/serverless': { version: '4.0.0', name: 'osls' },
  },
};

test('the packages of a bundle are those that its files lie in, each in the version of its folder', () => {
  const inputs = [
    'events/cli/main.ts',
    'node_modules/pg/lib/index.js',
    'node_modules/pg/lib/client.js',
    'node_modules/pg/node_modules/@scope/a/index.js',
    // Where `node_modules` is a link.
    '../elsewhere/node_modules/serverless/bin.js',
  ];
  expect(bundledPackages(inputs, lock)).toEqual([
    { folder: 'node_modules/pg/node_modules/@scope/a', name: '@scope/a', version: '1.0.0' },
    { folder: 'node_modules/serverless', name: 'osls', version: '4.0.0' },
    { folder: 'node_modules/pg', name: 'pg', version: '8.1.0' },
  ]);
});

test('an SBOM names what is bundled and nothing else, and is the same every time', () => {
  const all = {
    serialNumber: 'urn:uuid:1',
    metadata: { timestamp: 'now', component: { version: '0.1.0' } },
    components: [
      { name: 'pg', version: '8.1.0', scope: 'optional', licenses: ['MIT'] },
      { name: '@scope/a', version: '2.0.0' },
      { name: 'vitest', version: '4.0.0' },
    ],
  };
  const sbom = sbomOf(all, [
    { folder: 'node_modules/pg', name: 'pg', version: '8.1.0' },
    { folder: 'node_modules/pg/node_modules/@scope/a', name: '@scope/a', version: '1.0.0' },
  ]);
  expect(sbom.components).toEqual([
    { name: 'pg', version: '8.1.0', licenses: ['MIT'], scope: 'required', properties: [] },
  ]);
  expect(sbom.metadata).toEqual({
    component: { type: 'application', name: 'pgvouch', version: '0.1.0', purl: 'pkg:npm/pgvouch@0.1.0' },
  });
  expect(JSON.stringify(sbom)).not.toMatch(/serialNumber|timestamp/);
});
