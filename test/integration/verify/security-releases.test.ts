import { describe, expect, test } from 'vitest';
import type { Manifest } from '../../../layers/backup/manifest.ts';
import { olderClient } from '../../../layers/backup/older-client.ts';
import { lacksRepairs, releaseOf, shortVersion } from '../../../layers/backup/release.ts';
import { debianMajors, oldestRelease } from '../../support/servers/debian-postgres.ts';
import { installationOf } from '../../support/servers/installations.ts';
import { startTestPostgres, type TestPostgres } from '../../support/servers/postgres.ts';
import { archiveOf, restore } from '../../support/world/archive.ts';
import { clientBin } from '../../support/world/client-folder.ts';
import { ownDrillPlace } from '../../support/world/drill-place.ts';
import { verifyIn } from '../../support/world/drill-run.ts';
import { type World, world } from '../../support/world/world.ts';

const TABLES = `
  CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL, since date DEFAULT '2026-01-01');
  CREATE TABLE orders (id serial PRIMARY KEY, customer int REFERENCES customers, total numeric(10, 2) CHECK (total > 0));
  INSERT INTO customers SELECT g, 'customer ' || g FROM generate_series(1, 50) g;
  INSERT INTO orders (customer, total) SELECT 1 + g % 50, g FROM generate_series(1, 500) g;
  CREATE VIEW totals AS SELECT customer, sum(total) FROM orders GROUP BY customer;`;

/** The server that a release's security updates lead to, with ordinary tables in it. */
async function patched(major: (typeof debianMajors)[number], work: (server: TestPostgres) => Promise<void>) {
  const server = await startTestPostgres({ installation: await installationOf(major) });
  try {
    await work(server);
  } finally {
    await server.end();
  }
}

/** Restores a backup by stock pg_restore onto the server that it is of. */
async function restoreOnto({ postgres, vault, database }: World, manifest: Manifest, programs: string) {
  const copy = `${database}_copy`;
  await postgres.createDatabase(copy);
  const { host, port, user, password = '' } = postgres.target;
  const env = { PGHOST: host, PGPORT: String(port), PGUSER: user, PGPASSWORD: password, PGDATABASE: copy };
  await restore(await archiveOf(vault, manifest), env, programs);
  return postgres.sql(copy, 'SELECT count(*)::int AS orders, sum(total)::int AS total FROM orders');
}

describe.each(debianMajors)('Debian’s newest PostgreSQL %s', (major) => {
  test('is backed up by programs that lack none of its repairs, proved in pieces, and restored by stock pg_restore', async () => {
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
      expect(restored).toEqual([{ orders: 500, total: 125_250 }]);
    });
  });
});

test('the oldest client at hand says what it is, its archive restores onto its server, and the verdict is honest', async () => {
  await patched(15, async (postgres) => {
    const { client: folder, server: installation } = await oldestRelease(15);
    const here = await world({
      postgres,
      clientFolders: [folder],
      drillPlace: ownDrillPlace({ installations: [installation] }),
    });
    await here.sql(TABLES);

    const manifest = await here.dump();
    const restored = await restoreOnto(here, manifest, folder);
    expect(restored).toEqual([{ orders: 500, total: 125_250 }]);
    const verdict = await here.verify(manifest);

    const isOlder = lacksRepairs(manifest.client.version, manifest.server.version);
    expect(here.log.join('').includes('is older than its server')).toBe(isOlder);
    if (!isOlder) return expect(verdict?.verdict).toBe('restorable');
    const reasons = verdict?.reasons.join(' ');
    expect(['restorable', 'readable']).toContain(verdict?.verdict);
    expect(reasons).toContain(
      `pg_dump ${manifest.client.version} is older than its server, PostgreSQL ${shortVersion(manifest.server.version)}.`,
    );
    const upToDate = ownDrillPlace({ installations: [await installationOf(15)] });
    const again = await here.dump(undefined, { firedAt: new Date(Date.now() + 1_000) });
    const proved = await verifyIn(here, again, upToDate, AbortSignal.timeout(100_000));
    expect(proved).toMatchObject({
      verdict: 'restorable',
      reasons: [expect.any(String), expect.stringContaining('is older than its server')],
    });
    // A scratch server as old as the client does not know what the server’s repairs brought.
    if (verdict?.verdict === 'readable')
      expect(reasons).toMatch(/The scratch server, PostgreSQL 15\.\d+, is older than 15\.\d+ and refused: /);
  });
});
