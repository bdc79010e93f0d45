import { describe, expect, test } from 'vitest';
import { covers, lacks, serverNeeds } from '../../../layers/backup/server-needs.ts';
import { sampleManifest } from '../../support/world/sample-manifest.ts';

const SAMPLE = sampleManifest({ database: 'shop', firedAt: new Date('2026-11-22T02:00:00Z') });

const manifest = (source: object = {}) => ({
  ...SAMPLE,
  source: { ...SAMPLE.source, collate: 'C.UTF-8', ctype: 'C.UTF-8', extensions: [], ...source },
});
const extension = (name: string) => ({ name, version: '1.0', schema: 'public' });
const offer = {
  ...{ major: 18, extensions: new Set(['plpgsql', 'hstore']), lz4: false },
  hasLocale: (name: string) => name === 'de_DE.UTF-8',
};

describe('what a server must have for a backup', () => {
  test('the client’s major, extensions, locales of the C library, lz4', () => {
    const source = { extensions: [extension('hstore')], collate: 'de_DE.UTF-8', lz4Columns: true };
    expect(serverNeeds({ ...manifest(source) })).toEqual({
      major: SAMPLE.client.major,
      extensions: ['hstore'],
      locales: ['de_DE.UTF-8'],
      lz4: true,
    });
  });

  test.each([
    ['nothing more than every server has', {}, 18, true],
    ['an older server', {}, 17, true],
    ['an extension that is there', { extensions: [extension('hstore'), extension('plpgsql')] }, 18, true],
    ['one that is not', { extensions: [extension('vector')] }, 18, false],
    ['a locale that is there', { collate: 'de_DE.UTF-8' }, 18, true],
    ['one that is not', { ctype: 'en_US.UTF-8' }, 18, false],
    ['lz4', { lz4Columns: true }, 18, false],
  ])('%s', (_, source, major, yes) => {
    expect(covers(offer, { ...serverNeeds(manifest(source)), major })).toBe(yes);
  });

  test('what a server lacks, by name', () => {
    const source = { extensions: [extension('vector'), extension('hstore')], collate: 'en_US.UTF-8' };
    expect(lacks(offer, serverNeeds(manifest(source)))).toEqual(['vector', 'en_US.UTF-8']);
  });

  test('a server of an older major has not what a newer one wrote', () => {
    expect(covers({ ...offer, major: 17 }, { ...serverNeeds(manifest()), major: 18 })).toBe(false);
  });
});
