import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseFunctionEnded } from '../../../events/function-ended.ts';
import { notify } from '../../../functions/notify/notify.ts';
import { webhookServer } from '../../support/servers/webhook-server.ts';
import { notifyDeps } from '../../support/world/notify-deps.ts';
import { freshVault, keysOf } from '../../support/world/world-vault.ts';

const stopped = (name: string) =>
  parseFunctionEnded(
    JSON.parse(readFileSync(new URL(`../../../events/samples/task-stopped.${name}.json`, import.meta.url), 'utf8')),
  );

test('what ECS says of a task is recorded and told as the end of its function', async () => {
  const { vault } = await freshVault();
  const webhook = await webhookServer(200);
  const { deps } = notifyDeps(vault, { webhookUrl: webhook.url, databases: ['shop'] });

  expect(await notify(deps, stopped('told'))).toBeUndefined();
  expect(await keysOf(vault)).toEqual([]);
  expect(await notify(deps, stopped('memory'))).toMatchObject({
    ...{ function: 'dump', database: 'shop', firedAt: '2026-11-22T02:00:00.000Z' },
    error: { type: 'OutOfMemoryError', hint: expect.stringContaining('TASK_MEMORY_MB') },
  });
  expect(await notify(deps, stopped('not-started'))).toMatchObject({ function: 'verify', database: 'shop' });
  const texts = () => webhook.posts.map(({ body }) => (JSON.parse(body) as { text: string }).text.split('\n')[0]);
  expect(texts()).toEqual([
    '[BACKUP FAILURE] shop: dump failed after 1 attempt (OutOfMemoryError)',
    '[BACKUP FAILURE] shop: verify failed after 1 attempt (TaskFailedToStart)',
  ]);
});
