import { PutObjectCommand } from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { manifestKey, verdictKey } from '../../../layers/backup/keys.ts';
import type { Manifest } from '../../../layers/backup/manifest.ts';
import { openVault, type Vault } from '../../../layers/vault/vault.ts';
import { startStoreProxy, through } from '../../support/servers/store-proxy.ts';
import { archiveOf } from '../../support/world/archive.ts';
import { type CopiedBackup, type CopyBackup, keepBackup } from '../../support/world/copied-backup.ts';
import { nameOf, type World, world } from '../../support/world/world.ts';

let copy: CopyBackup;
beforeAll(async () => {
  const here = await world();
  await here.sql('CREATE TABLE orders AS SELECT g AS id, md5(g::text) AS text FROM generate_series(1, 20000) g');
  copy = await keepBackup(here, await here.dump());
});

/** A world with one backup. */
async function backedUp(): Promise<CopiedBackup & { key: string }> {
  const { here, manifest } = await copy();
  return { here, manifest, key: manifestKey(here.vault.prefix, nameOf(manifest)) };
}

async function overwrite(vault: Vault, key: string, body: Uint8Array): Promise<void> {
  await vault.client.s3.send(new PutObjectCommand({ Bucket: vault.bucket, Key: key, Body: body }));
}

async function verdictsOf(here: World): Promise<string[]> {
  return (await here.keys()).flatMap((key) => /verdict-(\w+)\.json$/.exec(key)?.[1] ?? []);
}

test('a sound backup is readable, and the verdict says what was read', async () => {
  const { here, manifest } = await backedUp();
  const verdict = await here.verify(manifest);
  expect(verdict).toMatchObject({
    verdict: 'readable',
    reasons: ['No restore was tried.'],
    archiveKey: manifest.archive.key,
    sizeBytes: manifest.archive.sizeBytes,
    sha256: manifest.archive.sha256,
    client: manifest.client.version,
  });
  expect(await verdictsOf(here)).toEqual(['readable']);
  expect(JSON.parse((await here.vault.getText(verdictKey('pgvouch/', nameOf(manifest), 'readable'))) ?? '')).toEqual(
    verdict,
  );
});

describe('corrupt', () => {
  const harms: Record<
    string,
    { harm: (here: World, manifest: Manifest, key: string) => Promise<void>; reason: RegExp }
  > = {
    'one byte of the archive flipped': {
      async harm({ vault }, manifest) {
        const bytes = await archiveOf(vault, manifest);
        const middle = bytes.length >> 1;
        bytes[middle] = (bytes[middle] ?? 0) ^ 1;
        await overwrite(vault, manifest.archive.key, bytes);
      },
      reason: /SHA-256/,
    },
    'the archive cut short': {
      async harm({ vault }, manifest) {
        const bytes = await archiveOf(vault, manifest);
        await overwrite(vault, manifest.archive.key, bytes.subarray(0, bytes.length - 1000));
      },
      reason: /bytes; the manifest says .* pg_restore could not read the archive/,
    },
    'the archive empty': {
      harm: ({ vault }, manifest) => overwrite(vault, manifest.archive.key, Buffer.alloc(0)),
      reason: /0 bytes; the manifest says/,
    },
    'the archive something else': {
      harm: ({ vault }, manifest) => overwrite(vault, manifest.archive.key, Buffer.alloc(3_000_000, 'x')),
      reason: /pg_restore could not read the archive/,
    },
    'the archive gone': {
      harm: ({ vault }, manifest) => vault.remove(manifest.archive.key),
      reason: /archive is missing/,
    },
    'the globals gone': {
      harm: ({ vault }, manifest) => vault.remove(manifest.globals.key),
      reason: /globals are missing/,
    },
    'the globals changed': {
      harm: ({ vault }, manifest) => vault.put(manifest.globals.key, 'DROP ROLE everyone;'),
      reason: /of the globals is/,
    },
    'a table missing in the archive': {
      harm: ({ vault }, manifest, key) =>
        vault.put(
          key,
          JSON.stringify({ ...manifest, tables: [...manifest.tables, { schema: 'public', name: 'lost', rows: 1 }] }),
        ),
      reason: /lacks the data of public lost/,
    },
    'a table that the manifest does not know': {
      harm: ({ vault }, manifest, key) => vault.put(key, JSON.stringify({ ...manifest, tables: [] })),
      reason: /does not list: public orders/,
    },
    'the manifest of another backup': {
      harm: ({ vault }, manifest, key) =>
        vault.put(key, JSON.stringify({ ...manifest, firedAt: '2020-01-01T00:00:00.000Z' })),
      reason: /manifest belongs to another backup/,
    },
  };

  test.each(Object.keys(harms))('%s: written down, then thrown, and thrown again on every delivery', async (what) => {
    const { here, manifest, key } = await backedUp();
    await harms[what]?.harm(here, manifest, key);
    const bad = {
      name: 'VaultError',
      problem: expect.stringMatching(new RegExp(`^corrupt: .*${harms[what]?.reason.source}`, 's')),
      hint: expect.stringContaining('take another one now'),
    };
    await expect(here.verify(manifest)).rejects.toMatchObject(bad);
    expect(await verdictsOf(here)).toEqual(['corrupt']);
    await expect(here.verify(manifest)).rejects.toMatchObject(bad);
    expect(await verdictsOf(here)).toEqual(['corrupt']);
  });
});

describe('no verdict is written when', () => {
  test.each([
    ['something else lies there', 'not JSON', 'VaultError', 'BACKUP_PREFIX'],
    ['another program wrote it', '{"format": "other/manifest", "formatVersion": 1}', 'VaultError', 'BACKUP_PREFIX'],
    ['a newer version wrote it', '{"format": "pgvouch/manifest", "formatVersion": 3}', 'ConfigError', 'newer pgvouch'],
    ['fields are missing', '{"format": "pgvouch/manifest", "formatVersion": 1}', 'VaultError', 'BACKUP_PREFIX'],
  ])('%s in place of the manifest', async (_, text, name, hint) => {
    const { here, manifest, key } = await backedUp();
    await here.vault.put(key, text);
    await expect(here.verify(manifest)).rejects.toMatchObject({
      name,
      subject: key,
      hint: expect.stringContaining(hint),
    });
    expect(await verdictsOf(here)).toEqual([]);
  });

  test('the backup is gone: an event may come late', async () => {
    const { here, manifest, key } = await backedUp();
    await here.vault.remove(key);
    expect(await here.verify(manifest)).toBeUndefined();
    for (const left of await here.keys()) await here.vault.remove(left);
    expect(await here.verify(manifest)).toBeUndefined();
    expect(await here.keys()).toEqual([]);
  });

  test('the connection to the store breaks midway: that says nothing about the backup', async () => {
    const { here, manifest } = await backedUp();
    const proxy = await startStoreProxy(inject('s3').endpoint);
    try {
      const { config } = here.vault;
      const vault = openVault({ ...config, ...through(proxy, config), answerMs: 2_000 });
      const far = await world({ vault, inDatabase: here.database });
      let asked = 0;
      proxy.rule = ({ method, key }) =>
        method !== 'GET' || !key.endsWith('.dump') ? 'pass' : asked++ === 0 ? 'cut halfway' : 'cut';
      await expect(far.verify(manifest)).rejects.toMatchObject({ name: 'VaultError', operation: 'read' });
      expect(await verdictsOf(here)).toEqual([]);
      proxy.rule = () => 'pass';
      expect(await far.verify(manifest)).toMatchObject({ verdict: 'readable' });
    } finally {
      await proxy.end();
    }
  });

  test('pg_restore is killed: that says nothing about the backup either', async () => {
    const { here, manifest } = await backedUp();
    const killed = await world({ vault: here.vault, inDatabase: here.database, pgRestore: 'pg_restore-is-killed' });
    await expect(killed.verify(manifest)).rejects.toMatchObject({
      name: 'ConfigError',
      problem: expect.stringContaining('SIGKILL'),
      hint: expect.stringContaining('memory'),
    });
    expect(await verdictsOf(here)).toEqual([]);
  });

  test('the client programs are older than the one that wrote the archive', async () => {
    const { here, manifest } = await backedUp();
    const old = await world({ vault: here.vault, inDatabase: here.database, majors: [15, 17] });
    await expect(old.verify(manifest)).rejects.toMatchObject({ hint: expect.stringContaining('PG_CLIENT_DIR') });
    expect(await verdictsOf(here)).toEqual([]);
  });
});

describe('again', () => {
  test('a good verdict stands: the archive is not read a second time', async () => {
    const { here, manifest } = await backedUp();
    const first = await here.verify(manifest);
    await here.vault.remove(manifest.archive.key);
    expect(await here.verify(manifest)).toEqual(first);
  });

  test('two deliveries at once come to one verdict', async () => {
    const { here, manifest } = await backedUp();
    const [one, other] = await Promise.all([here.verify(manifest), here.verify(manifest)]);
    expect(one?.verdict).toBe('readable');
    expect(other?.verdict).toBe('readable');
    expect(await verdictsOf(here)).toEqual(['readable']);
  });
});

test('all without a verdict: a bad one is thrown at the end, and the good ones have their verdicts', async () => {
  const here = await world();
  const manifests: Manifest[] = [];
  for (const day of ['20', '21', '22']) {
    manifests.push(await here.dump(undefined, { firedAt: new Date(`2026-11-${day}T02:00:00Z`) }));
  }
  const [, middle] = manifests;
  if (middle) await here.vault.put(middle.globals.key, 'changed');
  // The store's clock, in whole seconds as EventBridge's.
  const firedAt = here.vault.storeTime();
  await expect(here.verifyUnverified(firedAt)).rejects.toMatchObject({ problem: expect.stringContaining('corrupt') });
  expect(await verdictsOf(here)).toEqual(['readable', 'corrupt', 'readable']);

  // The platform tries again: that must not turn the alarm into a success. The next firing, or a person, is not told again.
  await expect(here.verifyUnverified(firedAt)).rejects.toMatchObject({ problem: expect.stringContaining('corrupt') });
  expect(await here.verifyUnverified(new Date(Date.now() + 3_600_000))).toEqual([]);
  expect(await here.verifyUnverified()).toEqual([]);
});
