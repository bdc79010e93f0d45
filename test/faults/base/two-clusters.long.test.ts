import { expect, onTestFinished, test } from 'vitest';
import { embeddedPostgres } from '../../../layers/postgres/places/embedded-installation.ts';
import { pgvouch, urlOf } from '../../support/servers/command-line.ts';
import { installationOf } from '../../support/servers/installations.ts';
import { type OneOfTwo, startTwoClusters } from '../../support/world/two-clusters.ts';
import { switchWal } from '../../support/world/wal-world.ts';

interface Moment {
  readonly at: string;
  readonly rows: readonly number[];
}

/** Rows in segments of their own, base backups between them, and runs of wal at once. */
async function live(one: OneOfTwo, number: number): Promise<Moment[]> {
  const moments: Moment[] = [];
  const rows = [number];
  for (let row = 10; row < 16; row++) {
    await one.insert(row);
    rows.push(row);
    const [now] = await one.postgres.sql<{ at: string }>('postgres', 'SELECT clock_timestamp()::text AS at');
    moments.push({ at: now?.at ?? '', rows: [...rows] });
    await switchWal(one.postgres);
    if (row === 12) await one.stored();
    await Promise.all([one.archive(), one.archive()]);
  }
  await one.insert(16);
  await one.archive();
  return [...moments.filter((_, index) => index % 2 === 0), { at: 'latest', rows: [...rows, 16] }];
}

test.each<{ title: string; installations: () => Promise<[string, string]> }>([
  {
    title: 'PostgreSQL 15 and 17',
    installations: async () => [await installationOf(15), await installationOf(17)],
  },
  { title: 'PostgreSQL 18 twice', installations: async () => [await installationOf(18), embeddedPostgres()] },
])(
  '$title archive into one bucket at the same time, and each is recovered to each of its own moments',
  async ({ installations }) => {
    const servers = await installations();
    const two = await startTwoClusters(servers);
    onTestFinished(two.end);
    const [first, second] = two.both;
    const [ofFirst, ofSecond] = await Promise.all([live(first, 1), live(second, 2)]);
    for (const one of two.both) await one.expectSameBytes();
    expect((await two.drill()).map(({ verdict }) => verdict)).toEqual(['restorable', 'restorable']);

    for (const { at, rows } of ofFirst) expect(await first.rowsAfterRestore('--at', at)).toEqual(rows);
    for (const { at, rows } of ofSecond) expect(await second.rowsAfterRestore('--at', at)).toEqual(rows);

    // A table of the one comes into the other's server, whose own is left alone.
    const [, moment] = ofFirst;
    const of = [
      '--cluster',
      first.systemIdentifier,
      '--database',
      'postgres',
      '--table',
      'rows',
      '--at',
      moment?.at ?? '',
    ];
    const to = ['--create', '--to', urlOf(second.postgres.target, 'of_the_first')];
    const scratch = { SCRATCH_POSTGRES_DIR: servers[0], SCRATCH_CACHE_DIR: '' };
    expect(await pgvouch({ ...second.env, ...scratch }, 'restore', ...of, ...to)).toMatchObject({ exitCode: 0 });
    const rowsIn = async (database: string) =>
      (await second.postgres.sql<{ number: number }>(database, 'SELECT number FROM rows ORDER BY number')).map(
        ({ number }) => number,
      );
    expect(await rowsIn('of_the_first')).toEqual(moment?.rows);
    expect(await rowsIn('postgres')).toEqual(ofSecond.at(-1)?.rows);
  },
);
