import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { limitedInstallation, ownDrillPlace, processesIn, processOfDrill } from '../../support/world/drill-place.ts';
import { verifyIn } from '../../support/world/drill-run.ts';
import { mayMount, smallDisk } from '../../support/world/small-disk.ts';
import { world } from '../../support/world/world.ts';

test('the disk fills up while indexes are built: readable, and nothing of it is left', async () => {
  const disk = diskToFill();
  const here = await world();
  // In a drill the index waits until the disk is full, and then needs 30 MB of it.
  await here.sql(`
    CREATE FUNCTION patient(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN
      IF current_database() LIKE 'pgvouch_drill_%' THEN
        WHILE (pg_stat_file('${disk.full}', true)).size IS NULL LOOP PERFORM pg_sleep(0.02); END LOOP;
      END IF; RETURN $1; END $$;
    CREATE TABLE large AS SELECT string_agg(md5(g::text || h), '') AS t FROM generate_series(1, 30000) g, generate_series(1, 31) h GROUP BY g;
    CREATE INDEX ON large (public.patient(t))`);
  const manifest = await here.dump();
  const verdict = verifyIn(here, manifest, disk.place, new AbortController().signal);
  await processOfDrill(disk.place, /CREATE INDEX/);
  disk.fill();
  expect(await verdict).toMatchObject({
    verdict: 'readable',
    reasons: [expect.stringMatching(/^The scratch server .*(No space left on device|File too large)/s)],
  });
  expect(processesIn(disk.place.folder)).toEqual([]);
});

/** A file system of its own where we may mount one; elsewhere, a server that can write no more from the start. */
function diskToFill() {
  const ours = mayMount();
  const place = ownDrillPlace(ours ? {} : { installations: [limitedInstallation(40_000_000)] });
  const { folder } = place;
  const full = path.join(folder, 'full');
  const disk = ours ? smallDisk(folder, 900_000_000) : undefined;
  const fill = () => {
    disk?.leave(4_000_000);
    writeFileSync(full, '');
  };
  return { place, full, fill };
}
