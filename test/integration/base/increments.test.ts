import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import type { Base } from '../../../layers/wal/base.ts';
import { baseFileKey } from '../../../layers/wal/keys.ts';
import { installationOf } from '../../support/servers/installations.ts';
import { startTestPostgres, type TestPostgres } from '../../support/servers/postgres.ts';
import { type BaseWorld, baseWorld } from '../../support/world/base-world.ts';
import { putBytes } from '../../support/world/stored-cluster.ts';
import { SLOT } from '../../support/world/wal-world.ts';

let postgres: TestPostgres;
let here: BaseWorld;

beforeAll(async () => {
  postgres = await startTestPostgres({ settings: { full_page_writes: 'on', autovacuum: 'off' } });
  await summarize('on');
});
afterAll(() => postgres?.end());

beforeEach(async () => {
  here = await baseWorld(postgres);
});
afterEach(async () => {
  await sql(`SELECT pg_drop_replication_slot('${SLOT}')`);
});

const sql = <T extends Record<string, unknown>>(text: string) => postgres.sql<T>('postgres', text);
const increment = { kind: 'incremental' } as const;
const storedBytes = ({ tablespaces }: Base) => tablespaces.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);

async function summarize(value: 'on' | 'off'): Promise<void> {
  await sql(`ALTER SYSTEM SET summarize_wal = '${value}'`);
  await sql('SELECT pg_reload_conf()');
  while ((await sql(`SELECT FROM pg_settings WHERE name = 'summarize_wal' AND setting = '${value}'`)).length === 0);
}

function manifestKey({ systemIdentifier, startedAt, attempt }: Base): string {
  return baseFileKey(
    here.vault.prefix,
    { systemIdentifier, startedAt: new Date(startedAt) },
    attempt,
    'backup_manifest',
  );
}

test('an increment holds what has changed since the one before, and the next stands on it', async () => {
  await sql('CREATE TABLE large AS SELECT i, md5(i::text) AS x FROM generate_series(1, 200000) AS i');
  // Otherwise the first who reads it changes every page.
  await sql('VACUUM FREEZE large');
  const full = await here.stored();
  await sql('UPDATE large SET x = NULL WHERE i = 1');
  const first = await here.stored(increment);
  await sql('UPDATE large SET x = NULL WHERE i = 100000');
  const second = await here.stored(increment);
  expect([full.parent, first.parent, second.parent]).toEqual([undefined, full.startedAt, first.startedAt]);
  expect(storedBytes(first)).toBeLessThan(storedBytes(full) / 4);
  expect(first.contentBytes).toBeLessThan(full.contentBytes / 4);
  expect((await here.file(second, 'backup_manifest')).toString()).toContain('INCREMENTAL.');
});

test('a full one instead, and the log says why: there is none before it, or its manifest is missing or damaged', async () => {
  const why = () => here.log.flatMap((line) => (JSON.parse(line) as { why?: string }).why ?? []).at(-1);
  const first = await here.stored(increment);
  expect(first).not.toHaveProperty('parent');
  expect(why()).toBe('there is none before it');

  const { bucket, client } = here.vault;
  await client.s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: manifestKey(first) }));
  const second = await here.stored(increment);
  expect(second).not.toHaveProperty('parent');
  expect(why()).toContain('is incomplete');

  await putBytes(here.vault, manifestKey(second), Buffer.from('{}'));
  expect(await here.stored(increment)).not.toHaveProperty('parent');
  expect(why()).toContain('is damaged');

  // Summaries that the server has removed.
  await sql('CREATE TABLE IF NOT EXISTS gone AS SELECT 1; DROP TABLE gone; CHECKPOINT');
  const [row] = await sql<{ folder: string }>(`SELECT current_setting('data_directory') AS folder`);
  const folder = path.join(row?.folder ?? '', 'pg_wal/summaries');
  await summarize('off');
  for (const name of readdirSync(folder)) rmSync(path.join(folder, name));
  await sql('CREATE TABLE gone (); DROP TABLE gone; CHECKPOINT');
  await summarize('on');
  expect(await here.stored(increment)).not.toHaveProperty('parent');
  expect(why()).toMatch(/the server refuses one: .*summar/);
});

test('a server that makes none: the full ones go on, and one sentence says so', async () => {
  await summarize('off');
  onTestFinished(() => summarize('on'));
  expect(await here.stored(increment)).not.toHaveProperty('parent');
  expect(await here.take(increment)).toMatchObject({
    outcome: 'skipped',
    why: expect.stringContaining('summarize_wal'),
  });
  expect((await here.bases()).filter((key) => key.endsWith('base.json'))).toHaveLength(1);
});

test('PostgreSQL 15: the same', async () => {
  const old = await startTestPostgres({ installation: await installationOf(15) });
  onTestFinished(() => old.end());
  const there = await baseWorld(old);
  expect(await there.stored(increment)).not.toHaveProperty('parent');
  expect(await there.take(increment)).toMatchObject({
    outcome: 'skipped',
    why: expect.stringContaining('PostgreSQL 17'),
  });
});
