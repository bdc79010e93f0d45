import { DeleteBucketCommand, GetBucketVersioningCommand } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { ensureBucket } from '../../../layers/vault/bucket.ts';
import type { VaultConfig } from '../../../layers/vault/config.ts';
import { openVault } from '../../../layers/vault/vault.ts';
import { freePort } from '../../support/servers/postgres.ts';
import { world } from '../../support/world/world.ts';
import { freshVault, freshVaultConfig } from '../../support/world/world-vault.ts';

function withServer(config: VaultConfig, changes: Partial<NonNullable<VaultConfig['server']>>): VaultConfig {
  return { ...config, server: config.server && { ...config.server, ...changes } };
}

test.each([
  { what: 'a wrong secret key', changes: { secretAccessKey: 'guessed-in-vain' }, hint: 'MINIO_SECRET_KEY' },
  { what: 'an unknown access key', changes: { accessKeyId: 'NOBODY' }, hint: 'MINIO_ACCESS_KEY' },
])('$what: a VaultError that repeats no key, before anything is dumped', async ({ changes, hint }) => {
  const { config } = await freshVault();
  const here = await world({ vault: openVault(withServer(config, changes)) });
  const error: unknown = await here.dump().catch((reason) => reason);
  expect(error).toMatchObject({ name: 'VaultError', hint: expect.stringContaining(hint) });
  const said = `${error} ${JSON.stringify(error)} ${here.log.join('')}`;
  expect(said).not.toContain('guessed-in-vain');
  expect(said).not.toContain(config.server?.secretAccessKey);
  expect(here.log.join('')).not.toContain('dump started');
});

test('a store that is down: a VaultError that says what to check', async () => {
  const { config } = await freshVault();
  const endpoint = `http://127.0.0.1:${await freePort()}`;
  const here = await world({ vault: openVault(withServer(config, { endpoint })) });
  await expect(here.dump()).rejects.toMatchObject({
    name: 'VaultError',
    operation: 'open bucket',
    hint: expect.stringContaining('MINIO_ENDPOINT'),
  });
});

test('a missing bucket is made, versioned, where the store is a server of our own', async () => {
  const here = await world({ vault: openVault(freshVaultConfig()) });
  const manifest = await here.dump();
  const { vault } = here;
  const state = await vault.client.s3.send(new GetBucketVersioningCommand({ Bucket: vault.bucket }));
  expect(state.Status).toBe('Enabled');
  expect(await here.verify(manifest)).toMatchObject({ verdict: 'readable' });
});

test('a missing bucket is the deployer’s error on AWS', async () => {
  await expect(ensureBucket(openVault(freshVaultConfig()), { create: false })).rejects.toMatchObject({
    name: 'ConfigError',
    hint: expect.stringContaining('BACKUP_BUCKET'),
  });
});

test('a bucket that vanishes while a dump runs: an error, and no backup anywhere', async () => {
  const { vault } = await freshVault();
  const here = await world({ vault });
  const onStep = async () => {
    await vault.client.s3.send(new DeleteBucketCommand({ Bucket: vault.bucket })).catch(() => {});
  };
  await expect(here.dump(undefined, { onStep })).rejects.toMatchObject({
    name: 'VaultError',
    hint: expect.stringContaining('BACKUP_BUCKET'),
  });
});

test.each([-5, 5])('a clock that is %i hours off: an error that says so', async (hours) => {
  const here = await world();
  here.vault.client.s3.config.systemClockOffset = hours * 60 * 60 * 1000;
  await expect(here.dump()).rejects.toMatchObject({
    name: 'VaultError',
    problem: expect.stringContaining('RequestTimeTooSkewed'),
    hint: expect.stringContaining('NTP'),
  });
  here.vault.client.s3.config.systemClockOffset = 0;
  expect(await here.keys()).toEqual([]);
});
