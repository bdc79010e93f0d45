import { expect, test } from 'vitest';
import type { DrillPlace } from '../../../functions/verify/scratch.ts';
import type { Verdict } from '../../../layers/backup/verdict.ts';
import { expectNothingLeft, ownDrillPlace, serverPlace } from '../../support/world/drill-place.ts';
import { DRILLS } from '../../support/world/drill-run.ts';
import { sharedPostgres, world } from '../../support/world/world.ts';

/** Four tables of about a megabyte, and no foreign keys. */
const FOUR = `
  CREATE TABLE one (id int PRIMARY KEY, note text);
  INSERT INTO one SELECT g, repeat(md5(g::text), 8) FROM generate_series(1, 3000) g;
  CREATE TABLE two (LIKE one INCLUDING ALL); INSERT INTO two SELECT * FROM one;
  CREATE TABLE three (LIKE one INCLUDING ALL); INSERT INTO three SELECT * FROM one;
  CREATE TABLE four (LIKE one INCLUDING ALL); INSERT INTO four SELECT * FROM one;
  SELECT lo_from_bytea(0, 'abc');`;

/** In a drill the disk is full as soon as so many of the tables have rows; each has an index that asks. */
const SMALL_DISK = (most: number) => `
  CREATE FUNCTION write_to_disk(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN
    IF current_database() LIKE 'pgvouch_drill_%' AND ${most} < (
      SELECT count(*) FROM pg_catalog.pg_class WHERE relkind = 'r' AND relname IN ('one', 'two', 'three', 'four')
        AND pg_catalog.pg_relation_size(oid) > 0)
    THEN RAISE 'could not extend file "base/5/16384": No space left on device' USING ERRCODE = 'disk_full'; END IF;
    RETURN $1; END $$;
  ${['one', 'two', 'three', 'four'].map((table) => `CREATE INDEX ON ${table} (public.write_to_disk(id)) WHERE id = 1;`).join('')}`;

async function verified(sql: string, place: DrillPlace): Promise<Verdict | undefined> {
  const here = await world({ drillPlace: place });
  await here.sql(sql);
  return here.verify(await here.dump());
}

test('a disk that is full during a piece: smaller ones are tried, and the backup is restorable', async () => {
  const place = ownDrillPlace({ pieceBytes: 6_000_000 });
  const verdict = await verified(FOUR + SMALL_DISK(2), place);
  expect(verdict).toMatchObject({ verdict: 'restorable', drill: { pieces: { runs: 1 } } });
  expect(verdict?.drill?.pieces?.count).toBeGreaterThan(1);
  expectNothingLeft(place);
});

test('if one table is too much for it, the backup is readable', async () => {
  const place = ownDrillPlace({ pieceBytes: 3_000_000 });
  expect(await verified(FOUR + SMALL_DISK(0), place)).toMatchObject({
    verdict: 'readable',
    reasons: [expect.stringMatching(/No space left on device.* Smaller pieces are not possible, or did not help\.$/s)],
  });
});

test('pieces on a server of the operator’s: nothing of them is left there', async () => {
  const { target, sql } = await sharedPostgres();
  const place = { ...serverPlace(target), pieceBytes: 3_000_000 };
  const verdict = await verified(FOUR, place);
  expect(verdict).toMatchObject({ verdict: 'restorable', drill: { compared: { largeObjects: 1 } } });
  expect(verdict?.drill?.pieces?.count).toBeGreaterThan(1);
  expect(await sql('postgres', DRILLS)).toEqual([]);
});
