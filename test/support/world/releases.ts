import { expect } from 'vitest';
import type { Manifest } from '../../../layers/backup/manifest.ts';
import { olderClient } from '../../../layers/backup/older-client.ts';
import { releaseOf } from '../../../layers/backup/release.ts';
import type { DebianMajor } from '../../../layers/debian/postgresql.ts';
import { installationOf } from '../servers/installations.ts';
import { startTestPostgres, type TestPostgres } from '../servers/postgres.ts';
import { archiveOf, restore } from './archive.ts';
import { clientBin } from './client-folder.ts';
import { ownDrillPlace } from './drill-place.ts';
import { type World, world } from './world.ts';

export const TABLES = `
  CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL, since date DEFAULT '2026-01-01');
  CREATE TABLE orders (id serial PRIMARY KEY, customer int REFERENCES customers, total numeric(10, 2) CHECK (total > 0));
  INSERT INTO customers SELECT g, 'customer ' || g FROM generate_series(1, 50) g;
  INSERT INTO orders (customer, total) SELECT 1 + g % 50, g FROM generate_series(1, 500) g;
  CREATE VIEW totals AS SELECT customer, sum(total) FROM orders GROUP BY customer;`;

/** The server that a release's security updates lead to, with ordinary tables in it. */
export async function patched(major: DebianMajor, work: (server: TestPostgres) => Promise<void>) {
  const server = await startTestPostgres({ installation: await installationOf(major) });
  try {
    await work(server);
  } finally {
    await server.end();
  }
}

/** Restores a backup by stock pg_restore onto the server that it is of. */
export async function restoreOnto({ postgres, vault, database }: World, manifest: Manifest, programs: string) {
  const copy = `${database}_copy`;
  await postgres.createDatabase(copy);
  const { host, port, user, password = '' } = postgres.target;
  const env = { PGHOST: host, PGPORT: String(port), PGUSER: user, PGPASSWORD: password, PGDATABASE: copy };
  await restore(await archiveOf(vault, manifest), env, programs);
  return postgres.sql(copy, 'SELECT count(*)::int AS orders, sum(total)::int AS total FROM orders');
}

/** Expects Debian's newest release of a major to be backed up whole, proved, and restored by stock pg_restore. */
export async function expectNewestToBeProved(major: DebianMajor): Promise<void> {
  await patched(major, async (postgres) => {
    const pieces = { pieceBytes: 115_000 };
    const drillPlace = ownDrillPlace({ installations: [await installationOf(major)], ...pieces });
    const here = await world({ postgres, drillPlace });
    await here.sql(TABLES);

    const manifest = await here.dump();
    expect(releaseOf(manifest.server.version).major).toBe(major);
    expect(manifest.client).toMatchObject({ major, builtAt: expect.stringMatching(/^20/) });
    expect(olderClient(manifest)).toBeUndefined();
    expect(here.log.join('')).not.toContain('older than its server');

    expect(await here.verify(manifest)).toMatchObject({ verdict: 'restorable', drill: { pieces: { count: 2 } } });
    const restored = await restoreOnto(here, manifest, clientBin(major));
    expect(restored).toEqual(RESTORED);
  });
}

/** What {@link TABLES} hold. */
export const RESTORED = [{ orders: 500, total: 125_250 }];
