import { expect, test } from 'vitest';
import { ALL_AT_ONCE, expectBackupUnder, MISLEADING } from '../../support/world/odd-names.ts';
import { world } from '../../support/world/world.ts';

test('the name that has it all is as long as PostgreSQL allows', () => {
  expect(Buffer.byteLength(ALL_AT_ONCE)).toBe(63);
});

test.each([ALL_AT_ONCE, ...MISLEADING])('a database called %j is dumped and verified', expectBackupUnder);

test('an unknown database is a clear error, whatever its name could mean', async () => {
  const here = await world();
  for (const name of ['nowhere', 'dbname=postgres', 'postgresql:///postgres']) {
    await expect(here.dump(name)).rejects.toMatchObject({
      name: 'DumpError',
      problem: expect.stringContaining('does not exist'),
      hint: expect.stringContaining('POSTGRES_DB'),
    });
  }
  expect(await here.keys()).toEqual([]);
});
