import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildCatalog } from '../../../layers/backup/catalog.ts';
import { ensureBucket } from '../../../layers/vault/bucket.ts';
import { openVault } from '../../../layers/vault/vault.ts';
import { startTestCeph, type TestCeph } from '../../support/servers/ceph.ts';
import { type Fate, startStoreProxy, through } from '../../support/servers/store-proxy.ts';
import { shorteningDeadline } from '../../support/world/shortening-deadline.ts';
import { world } from '../../support/world/world.ts';
import { freshVaultConfig } from '../../support/world/world-vault.ts';

let store: TestCeph;
beforeAll(async () => {
  store = await startTestCeph();
});
afterAll(() => store?.end());

const ORDERS = `CREATE TABLE orders AS
  SELECT g AS id, sha512(g::text::bytea) || sha512((-g)::text::bytea) AS text FROM generate_series(1, 130000) g`;

function configHere() {
  const { endpoint, accessKeyId, secretAccessKey } = store.s3;
  return freshVaultConfig({ server: { endpoint, accessKeyId, secretAccessKey } });
}

test('the store is killed while the archive streams in, and comes back: the dump goes on where it was', async () => {
  const here = await world({ vault: openVault(configHere()) });
  await ensureBucket(here.vault, { create: true });
  await here.sql(ORDERS);
  let killed: Promise<void> | undefined;
  const onProgress = ({ sentBytes }: { sentBytes: number }) => {
    if (sentBytes > 10_000_000) killed ??= store.ceph.killGateway().then(() => store.ceph.restartGateway());
  };
  const manifest = await here.dump(undefined, { onProgress });
  expect(killed).toBeDefined();
  await killed;

  expect(await here.keys()).toHaveLength(3);
  expect(await here.unfinishedUploads()).toEqual([]);
  expect(await here.verify(manifest)).toMatchObject({ verdict: 'readable', sha256: manifest.archive.sha256 });
});

test('the store is killed between archive and manifest: the archive is an orphan, not a backup', async () => {
  const config = configHere();
  const proxy = await startStoreProxy(store.s3.endpoint);
  try {
    const here = await world({ vault: openVault({ ...config, ...through(proxy, config) }) });
    const { deadline, shorten } = shorteningDeadline();
    proxy.rule = async ({ method, key }): Promise<Fate> => {
      if (method === 'PUT' && key.endsWith('manifest.json') && store.ceph.pids.length > 0) {
        await store.ceph.killGateway();
        shorten();
      }
      return 'pass';
    };
    await expect(here.dump(undefined, { deadline })).rejects.toMatchObject({
      name: 'VaultError',
      problem: expect.stringMatching(/\(tried \d+ times in \d+ s\); then time ran out$/),
      hint: expect.stringContaining('the store is up'),
    });
    proxy.rule = () => 'pass';
    await store.ceph.restartGateway();

    const { entries } = buildCatalog(here.vault.prefix, await here.vault.listAll());
    const [orphan] = entries.get(here.database) ?? [];
    expect(orphan).toMatchObject({ manifest: undefined, archives: [{}], globals: [{}] });
    const manifest = await here.dump(undefined, { firedAt: new Date('2026-11-22T02:00:00Z') });
    expect(await here.verify(manifest)).toMatchObject({ verdict: 'readable' });
  } finally {
    await proxy.end();
  }
});
