import { expect, test } from 'vitest';
import { extensionWarnings } from '../../../layers/restoring/extension-warnings.ts';
import { sampleManifest } from '../../support/world/sample-manifest.ts';

test('extensions that come in another version, or not at all, are told before a restore', () => {
  const names = ['plpgsql', 'same', 'older', 'other', 'lacking', 'adminpack'];
  const extensions = names.map((name) => ({ name, version: '1.1', schema: 'ext' }));
  const manifest = sampleManifest({ database: 'shop', firedAt: new Date('2026-11-22T02:00:00Z') });
  const source = { ...manifest.source, extensions };
  const offered = [
    { name: 'same', version: '1.1', versions: ['1.1'] },
    { name: 'older', version: '1.0', versions: ['1.0'] },
    { name: 'other', version: '1.2', versions: ['1.1', '1.2'] },
  ];
  expect(extensionWarnings({ source }, offered)).toEqual([
    'the server brings older 1.0; the backup has older 1.1: what depends on that version may not come back',
    "the server brings other 1.2; the backup has other 1.1: to get that one, create it in the database first: CREATE EXTENSION other SCHEMA ext VERSION '1.1'",
    'the server lacks the extension lacking, which the backup has in version 1.1',
    'the server lacks the extension adminpack, which the backup has in version 1.1; PostgreSQL 17 and newer have it no more',
  ]);
});
