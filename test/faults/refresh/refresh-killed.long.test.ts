import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { pgvouch, startPgvouch } from '../../support/servers/command-line.ts';
import { emailsIn, makeStaging, provedBackup, type Refreshing, refreshing } from '../../support/world/refreshes.ts';
import { clearWorlds } from '../../support/world/world.ts';

afterAll(clearWorlds);

/** After the line that says the step, so many milliseconds. */
const MOMENTS = ['restoring', 'masking', 'switching'].flatMap((step) =>
  [0, 10, 40, 120].map((delayMs) => ({ step, delayMs })),
);

test.each(MOMENTS)(
  'killed $delayMs ms after $step: the old database or the new, never none; the next run finishes',
  { timeout: 240_000 },
  async ({ step, delayMs }) => {
    const world = await refreshing();
    await makeStaging(world);
    await provedBackup(world);
    const { child, ended } = startPgvouch(world.env, 'refresh');
    const said = new Promise<void>((resolve) => {
      child.stderr?.on('data', (chunk: Buffer) => {
        if (chunk.toString().includes(step)) resolve();
      });
    });
    await Promise.race([said, ended]);
    await pause(delayMs);
    child.kill('SIGKILL');
    await ended;

    await expectOldOrNew(world);
    await expect.poll(async () => (await pgvouch(world.env, 'refresh')).exitCode, { timeout: 100_000 }).toBe(0);
    expect((await emailsIn(world))?.[0]).toBe('customer1@invalid');
    expect(await world.databases()).toEqual([world.staging, expect.stringMatching(/_before_/)]);
    expect(await world.record()).not.toHaveProperty('underWay');
  },
);

/** Whole either way: of the new one nothing is unmasked. */
async function expectOldOrNew(world: Refreshing): Promise<void> {
  const { here, staging } = world;
  const emails = await emailsIn(world);
  if (emails === undefined) expect(await here.postgres.sql(staging, 'SELECT FROM old')).toHaveLength(1);
  else expect(emails.filter((email) => !email.endsWith('@invalid'))).toEqual([]);
}
