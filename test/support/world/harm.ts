import { PutBucketPolicyCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { Manifest } from '../../../layers/backup/manifest.ts';
import type { Vault } from '../../../layers/vault/vault.ts';
import { archiveOf } from './archive.ts';

/** Until the policy goes, nobody may list the bucket. */
export async function refuseListing({ bucket, client }: Vault): Promise<void> {
  const Resource = `arn:aws:s3:::${bucket}`;
  const Statement = [{ Effect: 'Deny', Principal: '*', Action: 's3:ListBucket', Resource }];
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
  await client.s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }));
}

/** Flips a bit in the middle of an archive. */
export async function flipByte(vault: Vault, manifest: Manifest): Promise<void> {
  const Body = await archiveOf(vault, manifest);
  const at = Math.floor(Body.length / 2);
  Body[at] = (Body[at] ?? 0) ^ 1;
  await vault.client.s3.send(new PutObjectCommand({ Bucket: vault.bucket, Key: manifest.archive.key, Body }));
}
