import { randomUUID } from 'node:crypto';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { readBackups } from '../../../layers/catalog/backups.ts';
import type { RestoreProgress } from '../../../layers/restoring/deps.ts';
import type { RestoreOptions } from '../../../layers/restoring/request.ts';
import { type RestoreReport, restore } from '../../../layers/restoring/restore.ts';
import { openManifest } from '../../../layers/seal/manifest.ts';
import { opener } from '../../../layers/seal/opening-vault.ts';
import { runFolder } from '../run/run-folder.ts';
import type { TestPostgres } from '../servers/postgres.ts';
import { archiveOf } from './archive.ts';
import { clientPrograms, type World, world } from './world.ts';

/** Where restores put what they need for a while. */
export const temporaryFolder = runFolder('restores');

const SHOP = `
  CREATE SCHEMA sales;
  CREATE TYPE public.mood AS ENUM ('good', 'bad');
  CREATE TABLE sales.orders (id serial PRIMARY KEY, note text, how public.mood DEFAULT 'good');
  INSERT INTO sales.orders (note) SELECT md5(g::text) FROM generate_series(1, 30000) g;
  CREATE INDEX ON sales.orders (note);
  CREATE TABLE public.customers (id int PRIMARY KEY, name text);
  INSERT INTO public.customers VALUES (1, 'Ada'), (2, E'tab\\tand\\nline'), (3, NULL);
  CREATE VIEW sales.recent AS SELECT * FROM sales.orders WHERE id > 29000;
  SELECT lo_from_bytea(0, 'abc');`;

export const PLAIN: RestoreOptions = {
  ...{ tables: [], jobs: 1, create: true, clean: undefined, globals: false, goOn: false, without: [] },
  ...{ properties: true, complete: false, lose: false, analyze: false },
  temporaryFolder: '',
};

/** A world with one database and one backup of it. */
export async function backedUp(options: Parameters<typeof world>[0] = {}): Promise<World> {
  const here = await world(options);
  await here.sql(options?.postgres ? SHOP.replaceAll('30000', '2000') : SHOP);
  await here.dump();
  return here;
}

interface Attempt extends Partial<RestoreOptions> {
  readonly to?: string;
  readonly postgres?: TestPostgres;
  readonly onProgress?: (progress: RestoreProgress) => void;
  readonly onRemark?: (text: string) => void;
}

/** Restores the world's only backup. */
export async function restoreIt(here: World, attempt: Attempt = {}): Promise<RestoreReport> {
  const { to = `restored_${randomUUID().slice(0, 8)}`, postgres = here.postgres, ...rest } = attempt;
  const { onProgress, onRemark, ...options } = rest;
  const backup = await theBackup(here);
  const deps = {
    store: { getBytes: here.vault.getBytes, open: opener(here.identities) },
    clientPrograms,
    onProgress: onProgress ?? (() => {}),
    onRemark: onRemark ?? (() => {}),
    clock: () => new Date(),
  };
  return restore(deps, {
    backup,
    to: { target: postgres.target, database: to },
    options: { ...PLAIN, temporaryFolder, ...options },
    signal: AbortSignal.timeout(100_000),
  });
}

/** The world's only backup, opened if it is sealed. */
export async function theBackup(here: World) {
  const [stored] = (await readBackups(here.vault, here.database)).backups;
  if (!stored) throw new Error('there is a backup');
  return { ...stored, manifest: await openManifest(stored.manifest, here.identities, 'the manifest') };
}

/** Puts other bytes in the archive's place. */
export async function rewriteArchive({ vault, database }: World, change: (archive: Buffer) => Buffer): Promise<void> {
  const [backup] = (await readBackups(vault, database)).backups;
  if (!backup) throw new Error('there is a backup');
  const Body = change(await archiveOf(vault, backup.manifest));
  await vault.client.s3.send(new PutObjectCommand({ Bucket: vault.bucket, Key: backup.manifest.archive.key, Body }));
}
