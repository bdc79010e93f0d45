import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Manifest } from '../../../layers/backup/manifest.ts';
import { libpqEnvironment } from '../../../layers/postgres/connect/connection.ts';
import { archiveOf, rowsInArchive, rowsInManifest } from '../../support/world/archive.ts';
import { clientBin } from '../../support/world/client-folder.ts';
import { type Rivals, rivalsOf } from '../../support/world/rivals.ts';
import { type World, world } from '../../support/world/world.ts';

const STEPS = ['listed', 'locked', 'exported', 'relisted', 'dumping'] as const;
type Step = (typeof STEPS)[number];

/** Large enough, where it matters, that pg_dump is still busy with them when its first bytes come. */
const orders = (step: Step) => `CREATE TABLE orders AS
  SELECT g AS id, sha512(g::text::bytea) AS text FROM generate_series(1, ${step === 'dumping' ? 60_000 : 100}) g`;

/** Dumps while rivals do something, once, when the dump reaches a step. */
async function dumpRacing(here: World, at: Step, rival: (rivals: Rivals) => Promise<void>): Promise<Manifest> {
  const rivals = rivalsOf(here);
  let under: Promise<void> | undefined;
  const manifest = await here.dump(undefined, {
    lockTimeoutMs: 500,
    onStep: async (step) => {
      if (step !== at || under) return;
      under = rival(rivals);
      await under;
    },
    onProgress: () => {
      if (at === 'dumping') under ??= rival(rivals);
    },
  });
  await under;
  expect(under, `the dump never reached "${at}"`).toBeDefined();
  await rivals.done();
  return manifest;
}

async function expectTruth(here: World, manifest: Manifest): Promise<Map<string, number>> {
  const promised = rowsInManifest(manifest);
  expect(await rowsInArchive(await archiveOf(here.vault, manifest))).toEqual(promised);
  expect(await here.keys()).toHaveLength(3);
  return promised;
}

describe.each(STEPS)('raced when the dump has %s', (step) => {
  test('CREATE TABLE: there or not, and the manifest knows which', async () => {
    const here = await world();
    await here.sql(orders(step));
    const create = 'CREATE TABLE newcomer AS SELECT generate_series(1, 10) AS id';
    const rows = await expectTruth(here, await dumpRacing(here, step, ({ start }) => start(create)));
    expect(rows.has('public.newcomer')).toBe(step === 'listed' || step === 'locked');
  });

  test('TRUNCATE: all rows or none; DROP TABLE: there or not; much else at once; and the manifest knows which', async () => {
    const here = await world();
    await here.sql(`${orders(step)};
      CREATE TABLE emptied AS SELECT generate_series(1, 5) AS id; CREATE TABLE dropped_too AS SELECT 1 AS id;
      CREATE TABLE replaced AS SELECT generate_series(1, 10) AS id;
      CREATE TABLE renamed AS SELECT generate_series(1, 20) AS id;
      CREATE TABLE rewritten AS SELECT generate_series(1, 30) AS id;
      CREATE SCHEMA going; CREATE TABLE going.gone AS SELECT generate_series(1, 40) AS id;
      CREATE TABLE parted (id int) PARTITION BY RANGE (id);
      CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (1) TO (50);
      INSERT INTO parted SELECT generate_series(1, 49);
      CREATE SEQUENCE counted; CREATE SEQUENCE dropped; SELECT nextval('dropped');`);
    const manifest = await dumpRacing(here, step, async ({ start }) => {
      await Promise.all([
        start('TRUNCATE emptied'),
        start('DROP TABLE dropped_too'),
        start('BEGIN; DROP TABLE replaced; CREATE TABLE replaced AS SELECT generate_series(1, 11) AS id; COMMIT'),
        start('ALTER TABLE renamed RENAME TO renamed_2'),
        start('ALTER TABLE rewritten ALTER id TYPE bigint'),
        start('DROP SCHEMA going CASCADE'),
        start(
          'CREATE TABLE parted_2 PARTITION OF parted FOR VALUES FROM (50) TO (100); INSERT INTO parted VALUES (50)',
        ),
        start('DELETE FROM orders WHERE id % 2 = 0; INSERT INTO orders VALUES (0)'),
        start(`SELECT nextval('counted') FROM generate_series(1, 1000)`),
      ]);
    });
    const rows = await expectTruth(here, manifest);
    expect(rows.get('public.emptied')).toBe(step === 'dumping' ? 5 : 0);
    expect(rows.has('public.dropped_too')).toBe(step === 'dumping');
    for (const { before, after } of manifest.sequences) {
      expect(Number(before.lastValue)).toBeLessThanOrEqual(Number(after?.lastValue));
    }
  });
});

test('a sequence dropped while pg_dump runs waits for nobody, nor does pg_dump', async () => {
  const here = await world();
  await here.sql(`${orders('dumping')}; CREATE SEQUENCE passing`);
  const psql = path.join(clientBin(18), 'psql');
  const env = libpqEnvironment(here.postgres.target, here.database);
  let dropped: string | undefined;
  const manifest = await here.dump(undefined, {
    // The dump cannot end meanwhile: this stops all of its process but pg_dump.
    onProgress: () => {
      dropped ??= execFileSync(psql, ['--no-psqlrc', '-c', 'DROP SEQUENCE passing'], { env, encoding: 'utf8' });
    },
  });
  expect(dropped).toBe('DROP SEQUENCE\n');
  expect(manifest.sequences).toMatchObject([{ name: 'passing', before: { lastValue: '1' }, after: null }]);
});

test('a schema that is renamed under a running dump: an error or the truth, never a wrong count', async () => {
  const here = await world();
  await here.sql('CREATE SCHEMA old; CREATE TABLE old.orders AS SELECT generate_series(1, 10) AS id');
  const manifest = await dumpRacing(here, 'relisted', ({ start }) => start('ALTER SCHEMA old RENAME TO new'));
  const rows = await expectTruth(here, manifest);
  expect(Object.fromEntries(rows)).toEqual({ 'new.orders': 10 });
});
