import { beforeAll, describe, expect, test } from 'vitest';
import { type PgClientLayer, pgClientMajors } from '../../../layers/build/pg-client/layer.ts';
import {
  clientLayer,
  expectAllLibraries,
  expectDescribed,
  expectToRun,
  MOST_BYTES,
  other,
} from '../../support/servers/client-layer.ts';

const layers: PgClientLayer[] = [];
beforeAll(async () => {
  for (const major of pgClientMajors) layers.push(await clientLayer(major, other));
}, 600_000);

describe.each(pgClientMajors.map((major, index) => ({ major, index })))(
  `PostgreSQL $major for ${other}`,
  ({ major, index }) => {
    const layer = () => layers[index] ?? expect.unreachable('it was not built');
    test('says what it is made of', () => expectDescribed(layer(), { major, architecture: other }));
    test('has every library that a program or library in it needs', () => expectAllLibraries(layer(), major));
    test('its programs run', () => expectToRun(layer(), major));
  },
);

test('all majors together leave room for the function itself', () => {
  expect(layers.reduce((sum, { manifest }) => sum + manifest.sizeBytes, 0)).toBeLessThan(MOST_BYTES);
});
