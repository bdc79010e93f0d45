import { describe, expect, test } from 'vitest';
import { isOwnPart, parseStoredManifest } from '../../../layers/backup/sealed-manifest.ts';
import { NO_IDENTITIES } from '../../../layers/seal/identities.ts';
import { openManifest, sealManifest } from '../../../layers/seal/manifest.ts';
import { ageKeys } from '../../support/world/age-keys.ts';
import { sampleManifest } from '../../support/world/sample-manifest.ts';

const manifest = {
  ...sampleManifest({ database: 'shop', firedAt: new Date('2026-11-22T02:00:00Z') }),
  fall: { since: '2026-11-21T02:00:00.000Z', archiveBytes: 5_000_000 },
  remarks: [{ text: 'The subscription "secret_one" is not in it.' }],
};

describe('a sealed manifest', () => {
  test('is read as it was written, and opened to what was sealed', async () => {
    const { recipients, identities } = await ageKeys('hybrid');
    const text = JSON.stringify(await sealManifest(manifest, recipients));
    const stored = parseStoredManifest(text, 'k');
    expect(stored).toMatchObject({
      formatVersion: 2,
      database: 'shop',
      archive: manifest.archive,
      fall: manifest.fall,
    });
    expect(await openManifest(stored, identities, 'k')).toEqual(manifest);
  });

  test('tells nothing of tables, counts, extensions, settings and remarks', async () => {
    const { sealed: _, ...open } = await sealManifest(manifest, (await ageKeys()).recipients);
    expect(Object.keys(open.source)).toEqual(['sizeBytes']);
    for (const field of ['tables', 'sequences', 'objects', 'largeObjects', 'remarks', 'leftOut']) {
      expect(open).not.toHaveProperty(field);
    }
    expect(JSON.stringify(open)).not.toContain('secret_one');
  });

  test('that nobody here can open says so', async () => {
    const stored = await sealManifest(manifest, (await ageKeys()).recipients);
    await expect(openManifest(stored, NO_IDENTITIES, 'k')).rejects.toThrow('open k: it is sealed, and no identity');
  });

  test.each([
    ['another archive', { archive: { ...manifest.archive, key: 'pgvouch/shop/other.dump.age' } }],
    ['another time', { snapshotAt: '2026-11-22T09:00:00.000Z' }],
    ['another server', { server: { ...manifest.server, systemIdentifier: '1' } }],
    ['no fall', { fall: undefined }],
  ])('with %s beside it than in it is refused', async (_, changes) => {
    const { recipients, identities } = await ageKeys();
    const stored = parseStoredManifest(
      JSON.stringify({ ...(await sealManifest(manifest, recipients)), ...changes }),
      'k',
    );
    await expect(openManifest(stored, identities, 'k')).rejects.toThrow('of another backup than what stands beside it');
  });

  test('may have fields that this version does not know', async () => {
    const { recipients } = await ageKeys();
    const stored = await sealManifest(manifest, recipients);
    expect(isOwnPart({ ...stored, ...{ newer: 1 } }, manifest)).toBe(true);
  });
});

test('a manifest that is not sealed is what it was', async () => {
  expect(await openManifest(parseStoredManifest(JSON.stringify(manifest), 'k'), NO_IDENTITIES, 'k')).toEqual(manifest);
});
