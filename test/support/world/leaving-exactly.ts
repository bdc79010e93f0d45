import { expect } from 'vitest';
import { archiveOf, rowsInArchive, rowsInManifest } from './archive.ts';
import { leaving, PARTED_SHOP } from './leaving.ts';
import type { World } from './world.ts';

/** Patterns, and the tables whose rows are in the archive then: pg_dump itself is the judge. */
export const PATTERNS = [
  {
    patterns: {
      EXCLUDE_SCHEMA: ['(audit|"Odd ""name""")'],
      EXCLUDE_TABLE: ['LOGS*', 'sales.lines', '"Bestell*ungen ü.v"'],
    },
    tables: ['public.Logs$', 'public.customers', 'sales.orders'],
  },
  {
    // The rows of a partitioned table are in its partitions.
    patterns: { EXCLUDE_TABLE: ['orders', '"Logs$"'], EXCLUDE_TABLE_DATA: ['logs', 'logs_[1]', 's?les.*'] },
    tables: ['Odd "name".ta"ble', 'audit.changes', 'public.Bestell*ungen ü.v', 'public.customers', 'public.logs_2'],
  },
  {
    patterns: { INCLUDE_SCHEMA: ['*'], EXCLUDE_SCHEMA: ['p*', '*""""'] },
    tables: ['audit.changes', 'sales.lines', 'sales.orders'],
  },
  {
    patterns: { INCLUDE_TABLE: ['*.c*', 'logs*', 'sales.recent'], EXCLUDE_TABLE: ['logs_1'] },
    tables: ['audit.changes', 'public.customers', 'public.logs_2'],
  },
];

/** Expects dumps that leave something out to lock and count exactly what is in their archives. */
export async function expectExactly(here: World, cases: readonly (typeof PATTERNS)[number][]): Promise<void> {
  await here.sql(PARTED_SHOP);
  for (const [index, { patterns, tables }] of cases.entries()) {
    const firedAt = new Date(Date.UTC(2026, 0, 1 + index));
    const manifest = await here.dump(undefined, { selection: leaving(patterns), firedAt });
    const promised = rowsInManifest(manifest);
    expect([...promised.keys()], JSON.stringify(patterns)).toEqual(tables);
    expect(await rowsInArchive(await archiveOf(here.vault, manifest))).toEqual(promised);
  }
}
