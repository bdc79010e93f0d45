import type { DebianMajor } from '../debian/postgresql.ts';

const ALWAYS =
  'amcheck autoinc bloom btree_gin btree_gist citext cube dblink dict_int dict_xsyn earthdistance file_fdw fuzzystrmatch ' +
  'hstore insert_username intagg intarray isn lo ltree moddatetime pageinspect pg_buffercache pg_freespacemap pg_prewarm ' +
  'pg_stat_statements pg_surgery pg_trgm pg_visibility pg_walinspect pgcrypto pgrowlocks pgstattuple plpgsql postgres_fdw ' +
  'refint seg sslinfo tablefunc tcn tsm_system_rows tsm_system_time unaccent uuid-ossp xml2';

/** What some majors have beyond the others. */
const ONLY: Readonly<Record<DebianMajor, string>> = {
  15: 'adminpack old_snapshot',
  17: '',
  18: 'pg_logicalinspect',
};

/**
 * The extensions that come with the server itself, in Debian's package of it: PostgreSQL's own `contrib`.
 *
 * @see https://www.postgresql.org/docs/current/contrib.html
 */
export function contribOf(major: DebianMajor): readonly string[] {
  return `${ALWAYS} ${ONLY[major]}`.trim().split(' ');
}
