import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { verify } from '../../../functions/verify/verify.ts';
import { manifestKey, verdictKey } from '../../../layers/backup/keys.ts';
import type { Manifest } from '../../../layers/backup/manifest.ts';
import type { SealedManifest } from '../../../layers/backup/sealed-manifest.ts';
import { openManifest, sealManifest } from '../../../layers/seal/manifest.ts';
import { measureBytes } from '../../../layers/vault/measure-bytes.ts';
import { runFolder } from '../../support/run/run-folder.ts';
import { debianAge } from '../../support/servers/debian-age.ts';
import { type AgeKeys, ageKeys, keysOf } from '../../support/world/age-keys.ts';
import { archiveOf, restore } from '../../support/world/archive.ts';
import { contentsOf } from '../../support/world/contents.ts';
import { ownDrillPlace } from '../../support/world/drill-place.ts';
import { depsOf } from '../../support/world/drill-run.ts';
import { flipByte } from '../../support/world/harm.ts';
import { backedUp, restoreIt } from '../../support/world/restores.ts';
import { nameOf, type World, world } from '../../support/world/world.ts';

let keys: AgeKeys;

beforeAll(async () => {
  keys = await ageKeys();
});

test('nobody can read from the bucket what is in a sealed backup; sizes, keys and hashes are open', async () => {
  const here = await backedUp({ keys });
  const objects = await here.vault.listAll();
  expect(objects.map(({ key }) => key.split('/').at(-1))).toEqual([
    expect.stringMatching(/^archive-.*\.dump\.age$/),
    expect.stringMatching(/^globals-.*\.sql\.age$/),
    'manifest.json',
  ]);
  const stored = await storedManifest(here);
  for (const { key, sizeBytes, sha256 } of [stored.archive, stored.globals]) {
    expect(await measuredOf(here, key)).toEqual({ sizeBytes, sha256 });
  }
  for (const { key } of objects) {
    const text = await textOf(here, key);
    for (const secret of ['orders', 'customers', 'sales', '30000', 'plpgsql', 'CREATE ROLE', 'PGDMP', keys.identity]) {
      expect(text.includes(secret), `${secret} in ${key}`).toBe(false);
    }
  }
  expect(Object.keys(stored).sort()).toEqual([
    ...['archive', 'attempt', 'client', 'database', 'durationMs', 'finishedAt', 'firedAt', 'format', 'formatVersion'],
    ...['globals', 'sealed', 'server', 'snapshot', 'snapshotAt', 'source', 'time'],
  ]);
  expect(stored.source).toEqual({ sizeBytes: expect.any(Number) });
});

test('verify proves it with the identity, and it is restored, with one job and with several', async () => {
  const here = await backedUp({ keys, drillPlace: ownDrillPlace() });
  const manifest = await theManifest(here);
  expect(await here.verify(manifest)).toMatchObject({
    verdict: 'restorable',
    sha256: manifest.archive.sha256,
    sizeBytes: manifest.archive.sizeBytes,
    drill: { compared: { tables: 2, rows: 30003 } },
  });
  for (const jobs of [1, 3]) {
    const report = await restoreIt(here, { jobs, globals: true });
    expect(report).toMatchObject({ differences: [], compared: { tables: 2, rows: 30003 } });
    expect(await contentsOf(here.postgres, report.database)).toEqual(await contentsOf(here.postgres, here.database));
  }
});

test('a drill in pieces reads the parts of it that it needs', async () => {
  const drillPlace = ownDrillPlace({ pieceBytes: 2_500_000 });
  const here = await world({ keys, drillPlace });
  for (const table of ['a', 'b', 'c', 'd']) {
    await here.sql(`CREATE TABLE ${table} AS SELECT g AS id, md5(g::text) AS note FROM generate_series(1, 20000) g`);
  }
  const manifest = await here.dump();
  expect(await here.verify(manifest)).toMatchObject({
    verdict: 'restorable',
    reasons: [expect.stringMatching(/^Restored in \d pieces and compared equal: 4 tables with 80000 rows/)],
    sha256: manifest.archive.sha256,
  });
});

test('with stock tools alone: age, and then pg_restore', async () => {
  const age = await debianAge();
  const folder = runFolder('stock-age');
  const file = (name: string) => path.join(folder, name);
  const recipient = await age.newKey(file('identity'));
  const identity = readFileSync(file('identity'), 'utf8');
  const here = await backedUp({ keys: keysOf(identity, [recipient, keys.recipient]) });
  const stored = await storedManifest(here);
  writeFileSync(file('archive.dump.age'), await archiveOf(here.vault, stored));
  await age.decrypt(file('identity'), file('archive.dump.age'), file('archive.dump'));
  const database = `stock_${randomUUID().slice(0, 8)}`;
  await here.postgres.createDatabase(database);
  const { host, port, user, password = '' } = here.postgres.target;
  const env = { PGHOST: host, PGPORT: String(port), PGUSER: user, PGPASSWORD: password, PGDATABASE: database };
  await restore(readFileSync(file('archive.dump')), env);
  expect(await contentsOf(here.postgres, database)).toEqual(await contentsOf(here.postgres, here.database));

  // What jq -r .sealed prints.
  writeFileSync(file('manifest.age'), stored.sealed);
  await age.decrypt(file('identity'), file('manifest.age'), file('manifest.json'));
  expect(JSON.parse(readFileSync(file('manifest.json'), 'utf8'))).toEqual(await theManifest(here));
});

describe('without the identity', () => {
  test('verify says that the bytes are whole, and nothing more; with it, the next run proves it', async () => {
    const drillPlace = ownDrillPlace();
    const here = await world({ keys, opens: false, drillPlace });
    await here.sql('CREATE TABLE t AS SELECT 1 AS a');
    const manifest = await here.dump();
    const found = await here.verify(manifest);
    expect(found).toMatchObject({
      verdict: 'intact',
      reasons: ['It is sealed, and verify has no identity: nobody has looked at what it holds.'],
      sha256: manifest.archive.sha256,
    });
    expect(await here.verifyUnverified()).toEqual([]);
    const other = await world({ keys: await ageKeys(), vault: here.vault, inDatabase: here.database, drillPlace });
    expect(await other.verifyUnverified()).toEqual([]);
    expect(await other.verify(manifest)).toEqual(found);

    const opening = await world({ keys, vault: here.vault, inDatabase: here.database, drillPlace });
    expect(await opening.verifyUnverified()).toEqual([expect.objectContaining({ verdict: 'restorable' })]);
    expect(await opening.verify(manifest)).toMatchObject({ verdict: 'restorable' });
  });

  test.each(['readable', 'unrestorable'] as const)('what was found with it stands: %s', async (verdict) => {
    const here = await backedUp({ keys, drillPlace: ownDrillPlace() });
    const manifest = await theManifest(here);
    const good = await here.verify(manifest);
    const key = verdictKey(here.vault.prefix, nameOf(manifest), verdict);
    await here.vault.put(key, JSON.stringify({ ...good, verdict }));
    await here.vault.remove(verdictKey(here.vault.prefix, nameOf(manifest), 'restorable'));

    const without = { ...depsOf(here.vault, undefined), identities: undefined };
    const again = await verify(without, { ...nameOf(manifest), as: 'again', signal: new AbortController().signal });
    expect(again).toMatchObject({ verdict, again: { verdict: 'intact' } });
    expect((await here.keys()).filter((one) => one.includes('verdict-'))).toEqual([key]);
  });

  test('a damaged archive is corrupt, whoever looks at it', async () => {
    for (const opens of [false, true]) {
      const here = await world({ keys, opens });
      await here.sql('CREATE TABLE t AS SELECT md5(g::text) FROM generate_series(1, 20000) g');
      const manifest = await here.dump();
      await flipByte(here.vault, manifest);
      await expect(here.verify(manifest)).rejects.toThrow(
        opens ? /corrupt: The SHA-256 .*The archive cannot be opened: it is damaged at byte/ : /corrupt: The SHA-256/,
      );
    }
  });

  test('nothing is restored, and the error says what to give', async () => {
    const here = await backedUp({ keys });
    await expect(restoreIt({ ...here, identities: (await ageKeys()).identities })).rejects.toThrow(
      'it was sealed for other recipients',
    );
  });
});

test('a manifest whose open part was taken from another backup is refused', async () => {
  const here = await backedUp({ keys });
  const key = manifestKey(here.vault.prefix, nameOf(await theManifest(here)));
  const stored = await storedManifest(here);
  const sha256 = '0'.repeat(64);
  await here.vault.put(key, JSON.stringify({ ...stored, archive: { ...stored.archive, sha256 } }));
  await expect(restoreIt(here)).rejects.toThrow('what is sealed in it is of another backup');
});

test('a verdict does not say again what the manifest seals', async () => {
  const here = await backedUp({ keys });
  const manifest = { ...(await theManifest(here)), remarks: [{ text: 'The rows of secret_table were not read.' }] };
  const key = manifestKey(here.vault.prefix, nameOf(manifest));
  await here.vault.put(key, JSON.stringify(await sealManifest(manifest, keys.recipients)));
  const verdict = await here.verify(manifest);
  expect(verdict?.verdict).toBe('readable');
  expect(JSON.stringify(verdict)).not.toContain('secret_table');
});

test('databases of one firing share globals that are sealed for the same recipients', async () => {
  const hour = { sharedGlobalsMs: 3_600_000, firedAt: new Date() };
  const one = await world({ keys });
  const globalsOf = async (other: World) => (await other.dump(other.database, hour)).globals.key;
  const first = await globalsOf(one);
  expect(first).toMatch(/\.globals\/.*\.sql\.age$/);
  expect(await globalsOf(await world({ keys, vault: one.vault }))).toBe(first);
  expect(await globalsOf(await world({ keys: await ageKeys(), vault: one.vault }))).not.toBe(first);
  expect(await globalsOf(await world({ vault: one.vault }))).toMatch(/\.sql$/);
});

test('a recipient that is none stops a dump before anything is asked of the server', async () => {
  const here = await world({ keys: keysOf(keys.identity, ['age1mistyped']) });
  await expect(here.dump()).rejects.toMatchObject({ name: 'ConfigError', subject: 'age1mistyped' });
  expect(await here.keys()).toEqual([]);
});

async function storedManifest(here: World): Promise<SealedManifest> {
  const [key = ''] = (await here.keys()).filter((one) => one.endsWith('manifest.json'));
  return JSON.parse(await textOf(here, key));
}

async function theManifest(here: World): Promise<Manifest> {
  return openManifest(await storedManifest(here), here.identities, 'manifest.json');
}

async function textOf({ vault }: World, key: string): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of (await vault.getBytes(key)) ?? []) chunks.push(chunk);
  return Buffer.concat(chunks).toString('latin1');
}

async function measuredOf({ vault }: World, key: string) {
  const { take, measured } = measureBytes(() => {});
  for await (const chunk of (await vault.getBytes(key)) ?? []) take(chunk);
  return measured();
}
