import { GetObjectTaggingCommand, PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { formatFiredAt } from '../../../layers/backup/instant.ts';
import { keptKey, retiredKey } from '../../../layers/backup/keys.ts';
import { parseRetired } from '../../../layers/backup/retired.ts';
import { REMOVE_TAG, type Vault } from '../../../layers/vault/vault.ts';
import { pgvouch, variablesOf } from '../../support/servers/command-line.ts';
import { type StoredBackup, storeBackup } from '../../support/world/stored-backup.ts';
import { sharedPostgres } from '../../support/world/world.ts';
import { freshVault } from '../../support/world/world-vault.ts';

const firedAt = new Date('2026-06-01T02:00:00Z');

async function retiredBackup(): Promise<{ vault: Vault; stored: StoredBackup; env: Record<string, string> }> {
  const { vault } = await freshVault();
  const stored = await storeBackup(vault, { firedAt, verdict: 'restorable', removeAfter: new Date('2026-07-01') });
  return { vault, stored, env: variablesOf(vault, (await sharedPostgres()).target) };
}

async function tagsOf({ client, bucket }: Vault, key: string) {
  return (await client.s3.send(new GetObjectTaggingCommand({ Bucket: bucket, Key: key }))).TagSet;
}

test('a backup that the lifecycle was given already is taken back at once', async () => {
  const { vault, stored, env } = await retiredBackup();
  const key = retiredKey(vault.prefix, stored);
  const mark = parseRetired((await vault.getText(key)) ?? '', key);
  await vault.put(key, JSON.stringify({ ...mark, taggedAt: '2026-07-02T00:00:00Z' }));
  for (const object of stored.keys) await vault.tagForRemoval(object);
  expect((await pgvouch(env, 'list')).stdout).toContain('retired, being removed');

  const kept = await pgvouch(env, 'keep', `shop/${formatFiredAt(firedAt)}`);
  expect(kept).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('its retirement ends') });
  for (const object of stored.keys) expect(await tagsOf(vault, object)).toEqual([]);
  expect((await pgvouch(env, 'list')).stdout).toContain('kept by hand (was retired)');
  // Should the pin go before retention has seen it, it must not wait for a lifecycle that was told nothing.
  expect(parseRetired((await vault.getText(key)) ?? '', key)).toEqual(mark);
});

test('one whose archive is gone cannot be kept, and that is told', async () => {
  const { vault, stored, env } = await retiredBackup();
  for (const object of stored.keys.filter((key) => key.endsWith('.dump'))) await vault.remove(object);
  expect(await pgvouch(env, 'keep', 'latest')).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(/some of it is already gone\nHint: a versioned bucket/),
  });
});

test('who may not delete gives the pin to the lifecycle', async () => {
  const { vault, stored, env } = await retiredBackup();
  const { bucket, prefix, client } = vault;
  const forbidden = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Deny', Principal: '*', Action: 's3:DeleteObject', Resource: `arn:aws:s3:::${bucket}/*` }],
  };
  await client.s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: JSON.stringify(forbidden) }));
  await pgvouch(env, 'keep', 'latest');
  const undone = await pgvouch(env, 'keep', 'latest', '--undo');
  expect(undone).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('once the lifecycle has removed the pin'),
  });
  expect(await tagsOf(vault, keptKey(prefix, stored))).toEqual([REMOVE_TAG]);

  expect(await pgvouch(env, 'keep', 'latest')).toMatchObject({ exitCode: 0 });
  expect(await tagsOf(vault, keptKey(prefix, stored))).toEqual([]);
});
