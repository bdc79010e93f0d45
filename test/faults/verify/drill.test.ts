import { availableParallelism } from 'node:os';
import { describe, expect, test, vi } from 'vitest';
import { clusterBytes } from '../../../functions/verify/scratch.ts';
import { drillKey } from '../../../layers/backup/keys.ts';
import {
  expectNothingLeft,
  limitedInstallation,
  ownDrillPlace,
  processOfDrill,
} from '../../support/world/drill-place.ts';
import { verifyAllIn, verifyIn } from '../../support/world/drill-run.ts';
import { expectAlarmWhenKilled, expectRestProved, OWN, SERVER, underWay } from '../../support/world/drill-under-way.ts';
import { nameOf, world } from '../../support/world/world.ts';

const never = new AbortController().signal;

test('restores in parallel where archive and cluster fit the disk, streamed where only the cluster does', async () => {
  const here = await world();
  await here.sql('CREATE TABLE t AS SELECT g AS a FROM generate_series(1, 1000) g; CREATE TABLE u AS TABLE t');
  const results: unknown[] = [];
  const spareBytes = [100_000_000, -1];
  for (const [index, spare] of spareBytes.entries()) {
    const manifest = await here.dump(here.database, { firedAt: new Date(Date.UTC(2026, 0, 1 + index)) });
    const place = ownDrillPlace({ maxBytes: clusterBytes(manifest) + manifest.archive.sizeBytes + spare });
    const verdict = await verifyIn(here, manifest, place, never);
    results.push([verdict?.verdict, verdict?.drill?.jobs, verdict?.drill?.compared.rows]);
    expectNothingLeft(place);
  }
  expect(results).toEqual([
    ['restorable', Math.min(availableParallelism(), 8), 2000],
    ['restorable', 1, 2000],
  ]);
});

describe('a restore that is under way', () => {
  test('when time is up: the next run goes on with it, and nothing is left on this machine', async () => {
    const { here, manifest, place } = await underWay();
    const time = new AbortController();
    const verdict = verifyIn(here, manifest, place, time.signal);
    await processOfDrill(place, /CREATE INDEX/);
    time.abort(new DOMException('time is up', 'TimeoutError'));
    expect(await verdict).toBeUndefined();
    expectNothingLeft(place);
    expect((await here.keys()).filter((key) => /verdict|drill/.test(key))).toEqual([
      drillKey(here.vault.prefix, nameOf(manifest)),
    ]);
  });

  test('when time is up that others had had their part of: no verdict, and the next run takes it first', async () => {
    const { here, place } = await underWay();
    const other = await world({ vault: here.vault });
    await other.sql('CREATE TABLE t AS SELECT 1 AS a');
    await other.dump(other.database, { firedAt: new Date(Date.now() + 60_000) });
    const run = async () => {
      const time = new AbortController();
      const verdicts = verifyAllIn(here, place, time.signal);
      await processOfDrill(place, /CREATE INDEX/);
      time.abort(new DOMException('time is up', 'TimeoutError'));
      return verdicts;
    };
    await expect(run()).rejects.toMatchObject({ problem: expect.stringMatching(/^time ran out, and other backups/) });
    const verdicts = async () => (await here.keys()).flatMap((key) => /verdict-(\w+)/.exec(key)?.[1] ?? []);
    expect(await verdicts()).toEqual(['restorable']);
    // On a slow machine looking for backups takes its part of so short a run, which then changes nothing.
    await vi.waitFor(run, { timeout: 90_000 });
    expect(await verdicts()).toEqual(['restorable']);
    expect(await here.keys()).toContainEqual(expect.stringMatching(/drill\.json$/));
    expectNothingLeft(place);
  });

  test('when a person stops it: no verdict, and nothing of it is left', async () => {
    const { here, manifest, place } = await underWay();
    const stop = new AbortController();
    const verdict = verifyIn(here, manifest, place, stop.signal);
    await processOfDrill(place, /CREATE INDEX/);
    stop.abort(new Error('stopped by hand'));
    await expect(verdict).rejects.toThrow('stopped by hand');
    expectNothingLeft(place);
    expect((await here.keys()).filter((key) => key.includes('verdict'))).toEqual([]);
  });

  test('when its server is killed, it ends in an alarm without a verdict, is tried again, and leaves nothing behind', () =>
    expectAlarmWhenKilled(SERVER));
});

test('a scratch server whose disk is full says nothing about the backup: readable', async () => {
  const here = await world();
  await here.sql(`
    CREATE TABLE large (t text); ALTER TABLE large ALTER t SET STORAGE EXTERNAL;
    INSERT INTO large SELECT repeat(md5(g::text), 250) FROM generate_series(1, 4000) g`);
  const manifest = await here.dump();
  const place = ownDrillPlace({ installations: [limitedInstallation(20_000_000)] });
  expect(await verifyIn(here, manifest, place, never)).toMatchObject({
    verdict: 'readable',
    reasons: [expect.stringMatching(/^The scratch server .*could not (extend|write).*File too large/s)],
  });
  expectNothingLeft(place);
});

test('a bad backup whose rows talk of full disks is still a bad backup', async () => {
  const here = await world();
  const words =
    'pg_restore: error: ERROR:  out of memory: No space left on device; server closed the connection unexpectedly';
  await here.sql(`
    CREATE TABLE t (a text); INSERT INTO t VALUES ('${words}');
    ALTER TABLE t ADD CONSTRAINT c CHECK (a = '${words} ') NOT VALID;
    UPDATE pg_constraint SET convalidated = true WHERE conname = 'c'`);
  const manifest = await here.dump();
  const place = ownDrillPlace();
  await expect(verifyIn(here, manifest, place, never)).rejects.toMatchObject({
    problem: expect.stringMatching(/^unrestorable: pg_restore failed: .*violates check constraint "c"/s),
  });
  expectNothingLeft(place);
});

test('a locale that only collations of its own need: readable, the rest is proved', () => expectRestProved(OWN));

test('what the scratch server lacks by its build, or of files of the original one: all of it named, the rest proved', async () => {
  const here = await world();
  // As another server would have made them: this one would refuse.
  await here.sql(`
    CREATE TABLE t AS SELECT 1 AS a;
    CREATE TABLE squeezed AS SELECT 'x'::text AS doc;
    UPDATE pg_attribute SET attcompression = 'l' WHERE attrelid = 'squeezed'::regclass AND attname = 'doc';
    CREATE FUNCTION machine() RETURNS int LANGUAGE internal AS 'pg_backend_pid';
    UPDATE pg_proc SET prolang = (SELECT oid FROM pg_language WHERE lanname = 'c'), probin = '$libdir/own' WHERE proname = 'machine';
    CREATE TEXT SEARCH DICTIONARY words (TEMPLATE = simple);
    UPDATE pg_ts_dict SET dictinitoption = 'synonyms = ''shop''',
           dicttemplate = (SELECT oid FROM pg_ts_template WHERE tmplname = 'synonym') WHERE dictname = 'words'`);
  const manifest = await here.dump();
  const place = ownDrillPlace();
  const verdict = await verifyIn(here, manifest, place, never);
  expect(verdict).toMatchObject({ verdict: 'readable', drill: { compared: { tables: 2 } } });
  const reasons = verdict?.reasons.join('\n');
  expect(reasons).toMatch(/Not possible on the scratch server: compression method lz4 not supported/);
  expect(reasons).toMatch(/Not possible on the scratch server: could not access file "[^"]*own"/);
  expect(reasons).toMatch(/Not possible on the scratch server: could not open synonym file "[^"]*shop.syn"/);
  expect(reasons).toMatch(/Other things compared unequal.*"squeezed" did not come back/);
  expect(reasons).not.toMatch(/"t" did not come back/);
  expectNothingLeft(place);
});
