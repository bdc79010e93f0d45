import { afterAll, expect, test, vi } from 'vitest';
import { runFolder } from '../../support/run/run-folder.ts';
import { endStacks, stackPorts, startStack } from '../../support/servers/local-stack.ts';
import { topicFor } from '../../support/servers/topic.ts';
import { twoServers } from '../../support/world/two-servers.ts';
import { clearWorlds } from '../../support/world/world.ts';
import { keysOf } from '../../support/world/world-vault.ts';

vi.setConfig({ testTimeout: 300_000 });
const PATIENCE = { timeout: 120_000, interval: 100 };

afterAll(async () => {
  await endStacks();
  await clearWorlds();
});

test('npm start with several servers: functions for each, one receiver, one exporter', async () => {
  const here = await twoServers();
  const ports = await stackPorts();
  const stack = startStack({
    ...{ ...ports, ...here.env, PGVOUCH_STATE_DIR: runFolder('several-stacked'), DRILL: 'off' },
    MINIO_NOTIFY_ARN: await topicFor(here.main.vault.bucket, `http://127.0.0.1:${ports.LOCAL_NOTIFY_PORT}`),
  });
  try {
    await stack.printed('pgvouch is running; Ctrl-C stops it');
    expect(stack.output()).toMatch(
      /databases {2}main: shop_\w+ on PostgreSQL 18\..*\n {13}old: crm_\w+ on PostgreSQL 16\./,
    );
    await vi.waitFor(async () => {
      for (const { vault } of [here.main, here.old])
        expect(await keysOf(vault), stack.output()).toContainEqual(expect.stringMatching(/verdict-readable\.json$/));
    }, PATIENCE);
    const metrics = await (await fetch(`http://127.0.0.1:${ports.METRICS_PORT}/metrics`)).text();
    for (const server of ['main', 'old']) expect(metrics).toContain(`pgvouch_vault_up{server="${server}"} 1`);
    expect(await stack.end('SIGTERM')).toEqual({ exitCode: 0, signal: null });
  } finally {
    await here.end();
  }
});
