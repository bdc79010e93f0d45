import { randomUUID } from 'node:crypto';
import pino from 'pino';
import { afterAll, expect, test } from 'vitest';
import { parseScheduleFired } from '../../../events/schedule-fired.ts';
import { fireDumps } from '../../../functions/find/fire-dumps.ts';
import { manifestKey } from '../../../layers/backup/keys.ts';
import { clearWorlds, world } from '../../support/world/world.ts';
import { keysOf } from '../../support/world/world-vault.ts';

afterAll(clearWorlds);

test('a find that failed halfway and is tried again dumps no database twice', async () => {
  const here = await world();
  const other = `${here.database}_other`;
  await here.postgres.createDatabase(other);
  const databases = [here.database, other];
  const firedAt = new Date('2026-11-22T02:00:00Z');
  const found = { firedAt: firedAt.toISOString(), databases, came: [], went: [] };
  const log = pino({ level: 'silent' });
  const fire = (refused?: string) =>
    fireDumps(
      { log },
      found,
      async (event) => {
        const { database, firedAt: at } = parseScheduleFired(event, { now: firedAt, databases });
        if (database === refused) throw new Error('Rate exceeded');
        await here.dump(database, { firedAt: at });
      },
      randomUUID,
    );

  await expect(fire(other)).rejects.toThrow('Rate exceeded');
  const first = await keysOf(here.vault);
  expect(first).toContain(manifestKey(here.vault.prefix, { database: here.database, firedAt }));
  await fire();
  const all = await keysOf(here.vault);
  const ofFirst = (keys: readonly string[]) => keys.filter((key) => key.includes(`/${here.database}/`));
  expect(ofFirst(all)).toEqual(ofFirst(first));
  expect(all).toContain(manifestKey(here.vault.prefix, { database: other, firedAt }));
  await fire();
  expect(await keysOf(here.vault)).toEqual(all);
});
