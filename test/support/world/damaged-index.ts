import { expect } from 'vitest';
import type { World } from './world.ts';

/** An index that was not kept up to date, as after an upgrade that sorts otherwise. */
export async function indexThatLacksRows({ sql }: World): Promise<void> {
  await sql(`CREATE TABLE ledger (id int PRIMARY KEY, pad text);
    INSERT INTO ledger SELECT g, repeat('x', 500) FROM generate_series(1, 20000) g;
    UPDATE pg_index SET indisready = false WHERE indexrelid = 'ledger_pkey'::regclass`);
  await sql(`INSERT INTO ledger SELECT g, repeat('y', 500) FROM generate_series(20001, 20500) g;
    UPDATE pg_index SET indisready = true WHERE indexrelid = 'ledger_pkey'::regclass`);
  await sql('VACUUM (FREEZE, ANALYZE) ledger');
  const [row] = await sql<{ count: string }>('SELECT count(*) FROM ledger');
  expect(row?.count).toBe('20000');
}
