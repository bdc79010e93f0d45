import { truncateSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Deadline } from '../../../layers/deadline/deadline.ts';
import { startTestPostgres } from '../../support/servers/postgres.ts';
import { world } from '../../support/world/world.ts';

const GIB = 2 ** 30;

test('a dump that used most of its time says so, in the log and in the manifest', async () => {
  const here = await world();
  const manifest = await here.dump(here.database, { deadline: deadlineAfter(70_100) });

  expect(manifest.time).toEqual({ usedMs: 70_100, limitMs: 100_000 });
  const warnings = here.log.map((line) => JSON.parse(line)).filter(({ level }) => level === 40);
  expect(warnings).toEqual([
    expect.objectContaining({
      database: here.database,
      ...{ usedMs: 70_100, limitMs: 100_000 },
      msg: expect.stringContaining('more than 70 % of its time limit'),
    }),
  ]);
});

test('one that had time to spare does not', async () => {
  const here = await world();
  const { time } = await here.dump(here.database, { deadline: deadlineAfter(70_000) });

  expect(time).toEqual({ usedMs: 70_000, limitMs: 100_000 });
  expect(here.log.join('\n')).not.toContain('of its time');
});

test('tables that no server reads in the time that there is are refused before anything is dumped', async () => {
  const postgres = await startTestPostgres();
  try {
    const here = await world({ postgres });
    await here.sql('CREATE TABLE vast (id int); INSERT INTO vast VALUES (1)');
    const [file] = await here.sql<{ path: string }>(
      `SELECT current_setting('data_directory') || '/' || pg_relation_filepath('vast') AS path`,
    );
    // Holes of a file cost nothing: 81 segments as large as PostgreSQL makes them.
    await here.sql('CHECKPOINT');
    for (let n = 0; n < 81; n++) {
      const segment = `${file?.path}${n === 0 ? '' : `.${n}`}`;
      writeFileSync(segment, '', { flag: 'a' });
      truncateSync(segment, GIB);
    }

    await expect(here.dump(here.database, { deadline: deadlineAfter(0, 8_000) })).rejects.toMatchObject({
      name: 'ConfigError',
      problem: expect.stringMatching(/^its tables hold 87 GB, and no server reads that much in the 8 s available/),
      hint: expect.stringContaining('DUMP_TIMEOUT'),
    });

    expect(await here.keys()).toEqual([]);
    expect(here.log.join('\n')).not.toContain('dump started');
  } finally {
    await postgres.end();
  }
});

/** A deadline that does not come, of which so much is used at the end. */
function deadlineAfter(usedMs: number, remainingMs = 100_000): Deadline {
  return { signal: new AbortController().signal, remainingMs, usedMs: () => usedMs, clear: () => {} };
}
