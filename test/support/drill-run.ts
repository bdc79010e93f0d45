import pino from 'pino';
import { inject } from 'vitest';
import type { DrillPlace } from '../../functions/verify/scratch.ts';
import { verify } from '../../functions/verify/verify.ts';
import type { Manifest } from '../../layers/backup/manifest.ts';
import type { Verdict } from '../../layers/backup/verdict.ts';
import { findClientPrograms } from '../../layers/postgres/client-programs.ts';
import { nameOf, type World } from './world.ts';

/** Verifies a backup in a place, in as much time as a signal gives. */
export function verifyIn(
  { vault }: World,
  manifest: Manifest,
  drillPlace: DrillPlace,
  signal: AbortSignal,
): Promise<Verdict | undefined> {
  const clientPrograms = () => findClientPrograms(inject('pgClientRoots'));
  const log = pino({ level: 'silent' });
  return verify({ vault, clientPrograms, drillPlace, log, clock: () => new Date() }, nameOf(manifest), signal);
}

/** A table whose index is built quickly wherever it is, but in a drill never: its restore computes until it is ended. */
export const ENDLESS_IN_A_DRILL = `
  CREATE FUNCTION endless(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
    BEGIN WHILE current_database() LIKE 'pgvouch_drill_%' LOOP END LOOP; RETURN $1; END $$;
  CREATE TABLE t AS SELECT g AS a FROM generate_series(1, 100) g;
  CREATE INDEX ON t (public.endless(a));
  CREATE TABLE other AS SELECT 1 AS a`;
