import { expect } from 'vitest';
import type { DrillPlace } from '../../../functions/verify/scratch.ts';
import type { Manifest } from '../../../layers/backup/manifest.ts';
import { kill } from '../servers/processes.ts';
import { expectNothingLeft, ownDrillPlace, processOfDrill } from './drill-place.ts';
import { slowInADrill, verifyIn } from './drill-run.ts';
import { type World, world } from './world.ts';

const never = new AbortController().signal;

/** A backup whose restore builds an index until somebody interferes. */
export async function underWay(
  drill: { computes?: boolean } = {},
): Promise<{ here: World; manifest: Manifest; place: DrillPlace }> {
  const here = await world();
  await here.sql(slowInADrill(drill));
  return { here, manifest: await here.dump(), place: ownDrillPlace() };
}

/** The title of a drill's server among its processes. */
export const SERVER = /bin\/postgres -D/;

/** Expects a drill, one process of which is killed, to end without a verdict, as a failure that is tried again. */
export async function expectAlarmWhenKilled(title: RegExp): Promise<void> {
  const { here, manifest, place } = await underWay({ computes: true });
  const verdict = verifyIn(here, manifest, place, never);
  const outcome = expect(verdict).rejects.toMatchObject({
    name: 'ConfigError',
    // A server that was just struck may not know it yet, and still let us in.
    problem: expect.stringMatching(
      /^the scratch server stopped: |^pg_restore was killed by SIGKILL|closed the connection unexpectedly/,
    ),
  });
  await processOfDrill(place, /CREATE INDEX/);
  kill((await processOfDrill(place, title)).pid);
  await outcome;
  expectNothingLeft(place);
  expect(await here.keys()).not.toContainEqual(expect.stringContaining('verdict-'));
}

/** A collation `named` in a locale that no server has, and what a restore says of it. */
export interface LackingLocale {
  readonly sql: string;
  readonly reason: RegExp;
}

export const OWN: LackingLocale = {
  sql: `CREATE COLLATION german (LOCALE = 'C');
    UPDATE pg_collation SET collcollate = 'xx_XX.utf8', collctype = 'xx_XX.utf8' WHERE collname = 'german';
    CREATE TABLE named (n text COLLATE german)`,
  reason: /could not create locale "xx_XX.utf8"/,
};

/** Expects a database with such a collation to be readable, and the rest of it to be proved. */
export async function expectRestProved({ sql, reason }: LackingLocale): Promise<void> {
  const here = await world();
  await here.sql(`CREATE TABLE t AS SELECT 1 AS a; ${sql}; INSERT INTO named VALUES ('x')`);
  const manifest = await here.dump();
  const place = ownDrillPlace();
  expect(await verifyIn(here, manifest, place, never)).toMatchObject({
    verdict: 'readable',
    reasons: [
      expect.stringMatching(reason),
      expect.stringMatching(/Other things compared unequal.*"named" did not come back/),
    ],
  });
  expectNothingLeft(place);
}
