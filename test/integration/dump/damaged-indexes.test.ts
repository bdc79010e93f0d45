import { expect, test } from 'vitest';
import { indexThatLacksRows } from '../../support/world/damaged-index.ts';
import { world } from '../../support/world/world.ts';

test('a damaged index is said as what it is, where amcheck may look, and never fails a dump', async () => {
  const here = await world();
  await indexThatLacksRows(here);
  await here.sql('CREATE TABLE sound (id int PRIMARY KEY); INSERT INTO sound VALUES (1)');
  const remarks = async (minutesAgo: number, role?: string) => {
    const firedAt = new Date(Date.now() - minutesAgo * 60_000);
    const target = role === undefined ? {} : { target: { user: role, password: 'x' } };
    return (await here.dump(undefined, { firedAt, checkIndexes: true, ...target })).remarks;
  };
  expect(await remarks(3)).toEqual([
    { text: 'Indexes were not checked: the extension amcheck is not in the database.' },
  ]);

  const reader = `${here.database}_reader`;
  await here.sql(`CREATE SCHEMA ext; CREATE EXTENSION amcheck SCHEMA ext;
    CREATE ROLE ${reader} LOGIN PASSWORD 'x' IN ROLE pg_read_all_data`);
  expect(await remarks(2, reader)).toContainEqual({
    text: 'Indexes were not checked: permission denied for function bt_index_check.',
  });
  await here.sql(`GRANT EXECUTE ON FUNCTION ext.bt_index_check(regclass, boolean) TO ${reader}`);
  const damage = {
    text: expect.stringMatching(/^The index ledger_pkey is damaged, and the backup is not: heap tuple .* REINDEX/),
  };
  expect(await remarks(1, reader)).toContainEqual(damage);
  expect(await remarks(0)).toEqual([damage]);
});
