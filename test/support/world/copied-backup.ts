import { PutObjectCommand } from '@aws-sdk/client-s3';
import type { Manifest } from '../../../layers/backup/manifest.ts';
import type { Vault } from '../../../layers/vault/vault.ts';
import { type World, type WorldOptions, world } from './world.ts';
import { freshVault, keysOf } from './world-vault.ts';

/** A backup in a vault of its own, which may be harmed. */
export interface CopiedBackup {
  readonly here: World;
  readonly manifest: Manifest;
}

/** Makes another copy, in a world with these options; its database is the original's, as it is by then. */
export type CopyBackup = (options?: WorldOptions) => Promise<CopiedBackup>;

/**
 * Keeps a backup, for tests that each harm one: they get copies in vaults of their own, which take a tenth of the time that
 * a dump does.
 */
export async function keepBackup(of: World, manifest: Manifest): Promise<CopyBackup> {
  const copyVault = await keepVault(of.vault);
  return async (options = {}) => {
    const vault = await copyVault();
    return { here: await world({ ...options, vault, postgres: of.postgres, inDatabase: of.database }), manifest };
  };
}

/** Makes a fresh vault with what was kept. */
export type CopyVault = () => Promise<Vault>;

/** Keeps all that is in a vault now. */
export async function keepVault(of: Vault): Promise<CopyVault> {
  const objects: { Key: string; Body: Buffer }[] = [];
  for (const key of await keysOf(of)) {
    const parts: Buffer[] = [];
    for await (const part of (await of.getBytes(key)) ?? []) parts.push(part);
    objects.push({ Key: key, Body: Buffer.concat(parts) });
  }
  return async () => {
    const { vault } = await freshVault();
    const put = (object: (typeof objects)[number]) =>
      vault.client.s3.send(new PutObjectCommand({ ...object, Bucket: vault.bucket }));
    await Promise.all(objects.map(put));
    return vault;
  };
}
