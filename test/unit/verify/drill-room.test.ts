import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { findDrillRoom } from '../../../functions/verify/scratch.ts';
import { sampleManifest } from '../../support/world/sample-manifest.ts';

test('tables that are empty take disk, too, while a piece is restored', async () => {
  const manifest = sampleManifest({ database: 'shop', firedAt: new Date('2026-11-22T02:00:00Z') });
  const tables = Array.from({ length: 5_000 }, (_, n) => ({ schema: 'public', name: `t_${n}`, rows: 1 }));
  const place = { server: undefined, installations: [], folder: tmpdir(), maxBytes: 100e6 };
  expect(await findDrillRoom(place, { ...manifest, tables }, () => new Date())).toMatch(
    /more than 334 MB for one in pieces, but only 100 MB is free\.$/,
  );
});
