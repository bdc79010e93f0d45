import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { endServices, serviceVariables, startService } from '../../support/servers/service.ts';
import { webhookServer } from '../../support/servers/webhook-server.ts';
import { emailsIn, makeStaging, provedBackup, refreshing } from '../../support/world/refreshes.ts';
import { clearWorlds } from '../../support/world/world.ts';

afterAll(async () => {
  await endServices();
  await clearWorlds();
});

test('a refresh that was missed is made up for; when it fails, people hear of it, and of its end', async () => {
  const world = await refreshing({ schedule: 'rate(7 days)' });
  await makeStaging(world);
  await provedBackup(world, new Date(Date.now() - 3_600_000));
  world.mask('UPDATE nobody SET name = 1');
  const people = await webhookServer(200);
  const variables = await serviceVariables();
  const env = {
    ...{ ...variables, ...world.env, DUMP_SCHEDULE: 'rate(1 day)' },
    BACKUP_WEBHOOK_URL: people.url,
  };
  const days = (number: number) => new Date(Date.now() - number * 86_400_000).toISOString();
  const clock = path.join(variables.PGVOUCH_STATE_DIR ?? '', 'service', 'clock.json');
  await mkdir(path.dirname(clock), { recursive: true });
  await writeFile(clock, JSON.stringify({ dump: days(0), 'refresh staging': days(8) }));
  const said = () => people.posts.map(({ body }) => body).join('\n');

  const service = startService(env);
  await service.logged({ msg: 'refresh failed', refresh: 'staging' });
  await expect.poll(said, { timeout: 90_000 }).toContain('refresh staging failed');
  expect(said()).toContain('RefreshStale');
  expect(await emailsIn(world)).toBeUndefined();
  await service.end();

  world.mask('UPDATE customers SET email = id');
  await writeFile(clock, JSON.stringify({ dump: days(0), 'refresh staging': days(8) }));
  const next = startService(env);
  await next.logged({ msg: 'refreshed', refresh: 'staging' });
  await expect.poll(said, { timeout: 90_000 }).toContain('refresh staging works again');
  expect((await emailsIn(world))?.[0]).toBe('1');
  await next.end();
});
