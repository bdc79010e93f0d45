import pino from 'pino';
import { expect, test } from 'vitest';
import { accept } from '../../../functions/by-hand/accept/accept.ts';
import { raiseFall } from '../../../functions/dump/raise-fall.ts';
import { retain } from '../../../functions/retention/retention.ts';
import { formatFiredAt } from '../../../layers/backup/instant.ts';
import { readBackups } from '../../../layers/catalog/backups.ts';
import { type World, world } from '../../support/world/world.ts';
import { DAY_MS, HOUR_MS } from '../../support/world/world-retention.ts';

const firedAt = (hoursAgo: number) => new Date(Date.now() - hoursAgo * HOUR_MS);

/** A run of retention that keeps one backup alone. */
async function run({ vault }: World) {
  const options = {
    policy: { keepLast: 1 },
    graceDays: 0,
    sweepGraceMs: 48 * HOUR_MS,
    removal: 'direct',
  } as const;
  const { report, decisions } = await retain(
    { vault, log: pino({ level: 'silent' }) },
    { ...options, dryRun: false, now: new Date(Date.now() + DAY_MS) },
  );
  return { held: report.databases[0]?.held, actions: decisions.map(({ action }) => action).sort() };
}

test('an emptied database: every backup of it says so, and nothing goes until a person accepts it', async () => {
  const here = await world();
  await here.sql('CREATE TABLE orders AS SELECT generate_series(1, 1000) AS id');
  const full = await here.dump(undefined, { firedAt: firedAt(5) });
  expect(full).not.toHaveProperty('fall');
  await here.verify(full);
  await here.sql('TRUNCATE orders');
  const fallen = await here.dump(undefined, { firedAt: firedAt(4) });
  expect(fallen.fall).toEqual({ since: full.firedAt, tables: 1, rows: 1000 });
  expect(here.log.filter((line) => line.includes('next to nothing is left'))).toHaveLength(1);
  // Stored, and told at every delivery of its firing.
  await expect(raiseFall(here, fallen)).rejects.toMatchObject({
    name: 'DumpError',
    problem: `the backup is stored, but it holds next to nothing: 1 table with 0 rows; the backup of ${formatFiredAt(new Date(full.firedAt))} has 1 table with 1,000 rows`,
    hint: expect.stringContaining(`npx pgvouch accept --database "${here.database}"`),
  });
  await here.verify(fallen);
  // Weeks later it is still the last full one that it is compared with.
  const later = await here.dump(undefined, { firedAt: firedAt(3) });
  expect(later.fall).toEqual(fallen.fall);
  await here.verify(later);
  expect(await run(here)).toEqual({ held: true, actions: ['keep', 'keep', 'keep'] });

  const [newest, older] = (await readBackups(here.vault, here.database)).backups;
  if (newest === undefined || older === undefined) throw new Error('there are three');
  expect(await accept(here.vault, newest, { acceptedAt: new Date().toISOString() })).toBe(true);
  expect(await raiseFall(here, later)).toBe(later);
  expect(await run(here)).toEqual({ held: false, actions: ['keep', 'retire', 'retire'] });
  const accepted = await here.dump(undefined, { firedAt: firedAt(2) });
  expect(accepted).not.toHaveProperty('fall');
});

test('a database that comes back lets retention go on', async () => {
  const here = await world();
  await here.sql('CREATE TABLE orders AS SELECT generate_series(1, 1000) AS id');
  await here.verify(await here.dump(undefined, { firedAt: firedAt(5) }));
  await here.sql('CREATE TABLE away AS TABLE orders; DELETE FROM away; DROP TABLE orders');
  await here.verify(await here.dump(undefined, { firedAt: firedAt(4) }));
  expect(await run(here)).toMatchObject({ held: true });
  await here.sql('CREATE TABLE orders AS SELECT generate_series(1, 900) AS id');
  const back = await here.dump(undefined, { firedAt: firedAt(3) });
  expect(back).not.toHaveProperty('fall');
  await here.verify(back);
  expect(await run(here)).toMatchObject({ held: false });
});
