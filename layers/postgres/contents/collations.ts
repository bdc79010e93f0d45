import type pg from 'pg';
import type { Collation } from '../../backup/collations.ts';
import type { Manifest } from '../../backup/manifest.ts';
import { askIfAllowed } from '../connect/ask.ts';

/**
 * Reads what else than the database's own collation orders text in it: user-made collations, and those of the system that
 * columns, indexes, domains, ranges, partition keys, views or the bodies of functions name. Each with the version that is
 * recorded with it, as the database's own.
 *
 * PostgreSQL notes who depends on a collation of the system, but for the few that need no locale.
 *
 * @returns nothing where the server does not say
 * @see src/include/catalog/pg_collation.h; provider and version came with 10, ICU's locale with 15, renamed in 17
 */
export async function readCollations(
  client: pg.Client,
  versionNumber: number,
): Promise<Pick<Manifest['source'], 'collationVersion' | 'collations'>> {
  const locale =
    versionNumber >= 170000 ? 'colllocale' : versionNumber >= 150000 ? 'colliculocale' : ICU_LOCALE_BEFORE_15;
  const rows = await askIfAllowed<Omit<Collation, 'version'> & { version: string | null }>(
    client,
    `
    WITH named AS (
      SELECT refobjid AS oid FROM pg_catalog.pg_depend
       WHERE refclassid = 'pg_catalog.pg_collation'::pg_catalog.regclass
      UNION SELECT oid FROM pg_catalog.pg_collation WHERE oid >= 16384
      UNION SELECT c.oid
              FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_language l ON l.oid = p.prolang,
                   pg_catalog.regexp_matches(p.prosrc, '\\mcollate\\s+(?:pg_catalog\\.)?"([^"]+)"', 'gi') AS names
              JOIN pg_catalog.pg_collation c ON c.collname = names[1]
             WHERE p.oid >= 16384 AND l.lanname NOT IN ('c', 'internal')
               AND c.collnamespace = 'pg_catalog'::pg_catalog.regnamespace
    )
    SELECT nspname AS schema, collname AS name,
           CASE collprovider WHEN 'c' THEN 'libc' WHEN 'i' THEN 'icu' ELSE 'builtin' END AS provider,
           CASE collprovider WHEN 'c' THEN collcollate END AS collate,
           CASE collprovider WHEN 'c' THEN collctype END AS ctype,
           CASE WHEN collprovider <> 'c' THEN ${locale} END AS locale,
           collversion AS version
      FROM pg_catalog.pg_collation c JOIN named ON named.oid = c.oid JOIN pg_catalog.pg_namespace n ON n.oid = collnamespace
     WHERE collprovider IN ('c', 'i', 'b') AND collencoding IN (-1, ${ENCODING}) AND c.oid NOT IN (950, 951)
     ORDER BY nspname, collname`,
  );
  const version = await askIfAllowed<{ version: string | null }>(
    client,
    `SELECT ${versionNumber >= 150000 ? 'datcollversion' : VERSION_BEFORE_15} AS version
       FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()`,
  );
  const own = version?.[0]?.version ?? undefined;
  return {
    ...(own !== undefined && { collationVersion: own }),
    ...(rows && {
      collations: rows.map(({ version: recorded, ...rest }) => ({
        ...rest,
        ...(recorded !== null && { version: recorded }),
      })),
    }),
  };
}

const ICU_LOCALE_BEFORE_15 = `CASE collprovider WHEN 'i' THEN collcollate END`;
/** Nobody recorded it then: the version that the server has now. */
const VERSION_BEFORE_15 = `
  (SELECT pg_catalog.pg_collation_actual_version(c.oid) FROM pg_catalog.pg_collation c
    WHERE c.collprovider = 'c' AND c.collcollate = datcollate AND c.collnamespace = 'pg_catalog'::pg_catalog.regnamespace
    LIMIT 1)`;
const ENCODING = `(SELECT encoding FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())`;
