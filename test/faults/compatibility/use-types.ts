import type pg from 'pg';
import { vi } from 'vitest';
import { connect } from '../../../layers/postgres/connect/connection.ts';
import type { World } from '../../support/world/world.ts';

/** Texts of which one or the other is a value of most types. */
const VALUES = [
  '1',
  '{}',
  '[1,2]',
  '(0,0)',
  'POINT(0 0)',
  'POINT(0 0)@2000-01-01',
  'a',
  '1.2.3',
  '1.2.3.4',
  'a=>1',
  '',
];

/**
 * Makes a table for each type that extensions brought to a database, with a row, a value if one of some texts is one, and an
 * index by every method that has a default for it. A type that no column can have is left out.
 */
export async function useTypes({ postgres, database, sql }: World): Promise<void> {
  let client: pg.Client | undefined;
  const works = async (statement: string): Promise<boolean> => {
    if (client === undefined) {
      client = await vi.waitFor(() => connect(postgres.target, database), { timeout: 120_000, interval: 100 });
      client.on('error', () => {});
    }
    try {
      await client.query(statement);
      return true;
    } catch (error) {
      // A value that is none can end the server, as one of pg_sphere's does. It starts again.
      if (!isRefusal(error)) client = undefined;
      return false;
    }
  };
  try {
    for (const { name, used, labels, methods } of await sql<Type>(TYPES)) {
      if (!(await works(`CREATE TABLE public.${used} (id int, value ${name})`))) continue;
      await works(`INSERT INTO public.${used} VALUES (1, NULL)`);
      for (const value of [...labels, ...VALUES]) {
        if (await works(`INSERT INTO public.${used} VALUES (2, '${value.replaceAll("'", "''")}')`)) break;
      }
      for (const method of methods) await works(`CREATE INDEX ON public.${used} USING ${method} (value)`);
    }
    // Whoever comes next finds a server that is up again.
    await works('SELECT');
  } finally {
    await client?.end();
  }
}

interface Type {
  readonly name: string;
  readonly used: string;
  readonly labels: readonly string[];
  readonly methods: readonly string[];
}

/** Without arrays and pseudo-types, and without those of tables and views. */
const TYPES = `
  SELECT format('%I.%I', n.nspname, t.typname) AS name, 'of_' || t.oid AS used,
         ARRAY(SELECT enumlabel::text FROM pg_enum WHERE enumtypid = t.oid ORDER BY enumsortorder LIMIT 1) AS labels,
         ARRAY(SELECT quote_ident(amname) FROM pg_opclass o JOIN pg_am m ON m.oid = o.opcmethod
                WHERE o.opcintype = t.oid AND o.opcdefault) AS methods
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid
   WHERE t.typtype <> 'p' AND t.typisdefined AND (c.oid IS NULL OR c.relkind = 'c') AND n.nspname !~ '^pg_'
     AND EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')
     AND NOT EXISTS (SELECT FROM pg_type a WHERE a.typarray = t.oid)
   ORDER BY t.oid`;

function isRefusal(error: unknown): boolean {
  return /^[0-9A-Z]{5}$/.test((error as { code?: string }).code ?? '');
}
