import pino from 'pino';
import type { VerifyDeps } from '../../../functions/verify/deps.ts';
import type { DrillPlace } from '../../../functions/verify/scratch.ts';
import { verifyAll } from '../../../functions/verify/verify-all.ts';
import type { Manifest } from '../../../layers/backup/manifest.ts';
import type { Verdict } from '../../../layers/backup/verdict.ts';
import type { Vault } from '../../../layers/vault/vault.ts';
import { clientPrograms, nameOf, verifyOrRaise, type World } from './world.ts';

/** Verifies a backup in a place, in as much time as a signal gives. */
export function verifyIn(
  { vault }: World,
  manifest: Manifest,
  drillPlace: DrillPlace,
  signal: AbortSignal,
): Promise<Verdict | undefined> {
  return verifyOrRaise(depsOf(vault, drillPlace), { ...nameOf(manifest), signal });
}

/** Verifies all backups that have no verdict, in as much time as a signal gives. */
export async function verifyAllIn({ vault }: World, drillPlace: DrillPlace, signal: AbortSignal): Promise<void> {
  await verifyAll(depsOf(vault, drillPlace), { kind: 'unverified' }, signal);
}

/** With the run's programs and a silent log. */
export function depsOf(vault: Vault, drillPlace: DrillPlace | undefined): VerifyDeps {
  return { vault, clientPrograms, drillPlace, log: pino({ level: 'silent' }), clock: () => new Date() };
}

/**
 * A table whose index is built quickly wherever it is, but in a drill not before there is a file: its restore waits, or
 * computes, until then or until it is ended. A session that computes does not notice that its server is gone.
 *
 * @param file - which the drill's superuser may see; by default none
 */
export function slowInADrill({ file, computes = false }: { file?: string; computes?: boolean } = {}): string {
  const stillGoesOn = file === undefined ? 'true' : `(pg_stat_file('${file}', true)).size IS NULL`;
  return `
  CREATE FUNCTION slow(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
    BEGIN
      WHILE current_database() LIKE 'pgvouch_drill_%' AND ${stillGoesOn} LOOP
        ${computes ? '' : 'PERFORM pg_sleep(0.1);'}
      END LOOP;
      RETURN $1;
    END $$;
  CREATE TABLE t AS SELECT g AS a FROM generate_series(1, 100) g;
  CREATE INDEX ON t (public.slow(a));
  CREATE TABLE other AS SELECT 1 AS a`;
}

/** A database whose table belongs to a role, which is made with it: the server's, so named after the database. */
export const ownedShop = (role: string) => `
  CREATE ROLE "${role}";
  CREATE TABLE orders AS SELECT g AS id, md5(g::text) AS note FROM generate_series(1, 1000) g;
  ALTER TABLE orders ADD PRIMARY KEY (id), ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
  CREATE POLICY own ON orders TO "${role}" USING (id > 5);
  GRANT SELECT ON orders TO "${role}";
  ALTER DEFAULT PRIVILEGES FOR ROLE "${role}" GRANT SELECT ON TABLES TO PUBLIC;
  CREATE SEQUENCE drawn;
  CREATE MATERIALIZED VIEW few AS SELECT nextval('public.drawn') AS id FROM generate_series(1, 9);
  CREATE EXTENSION hstore;
  ALTER TABLE orders OWNER TO "${role}";
  SELECT lo_from_bytea(0, 'abc');`;

/** The databases of drills that a server has. */
export const DRILLS = `SELECT datname FROM pg_database WHERE datname LIKE 'pgvouch_drill_%'`;
