import { expect, test } from 'vitest';
import { installationOf } from '../../support/servers/installations.ts';
import { recordCluster } from '../../support/world/recovered-base.ts';

test.each([
  { major: 15, withIncrements: false },
  { major: 16, withIncrements: false },
  { major: 17, withIncrements: true },
  { major: 18, withIncrements: true },
] as const)(
  'PostgreSQL $major: recovered to every moment, whole and one table, increments: $withIncrements',
  async ({ major, withIncrements }) => {
    const cluster = await recordCluster(await installationOf(major), major, withIncrements);
    try {
      expect(cluster.moments.length).toBe(withIncrements ? 4 : 2);
      for (const moment of cluster.moments) {
        await cluster.expectRecovery(moment);
        await cluster.expectTable(moment);
      }
      expect(await cluster.drill()).toMatchObject({ verdict: 'restorable' });
    } finally {
      await cluster.end();
    }
  },
);
