import { afterAll, beforeAll, expect, test } from 'vitest';
import { verifyEvent } from '../../../events/verify-fired.ts';
import {
  type Beside,
  besideContainers,
  freshName,
  removeContainer,
  runArguments,
} from '../../support/container/container.ts';
import { podman } from '../../support/container/podman.ts';
import { type World, world } from '../../support/world/world.ts';
import { keysOf } from '../../support/world/world-vault.ts';

let here: World;
let beside: Beside;
const name = freshName();
beforeAll(async () => {
  here = await world();
  beside = await besideContainers(here.vault, here.postgres.target);
});
afterAll(async () => {
  await removeContainer(name);
  await beside?.end();
});

test('a task of the image runs one function for one event, and ends: dump, then verify with its drill', async () => {
  await here.sql('CREATE TABLE orders AS SELECT g AS id FROM generate_series(1, 500) g');
  await runTask('dump', {
    ...{ version: '0', source: 'aws.events', 'detail-type': 'Scheduled Event', id: 'f1' },
    ...{ time: '2026-11-22T02:00:00Z', detail: { database: here.database } },
  });
  expect(await keysOf(here.vault)).toContainEqual(expect.stringMatching(/2026-11-22T02-00-00Z\/manifest\.json$/));
  await removeContainer(name);
  await runTask('verify', verifyEvent({ database: here.database, firedAt: new Date('2026-11-22T02:00:00Z') }, 'new'));
  expect(await keysOf(here.vault)).toContainEqual(expect.stringMatching(/\/verdict-restorable\.json$/));
});

/** As ECS does: the event in a variable, the log to stdout, and how it ended in the exit code. */
async function runTask(functionName: 'dump' | 'verify', event: object): Promise<void> {
  const env = { ...beside.env, POSTGRES_DB: here.database, PGVOUCH_EVENT: JSON.stringify(event) };
  const said = await podman(...runArguments(name, env), 'run', functionName);
  for (const line of said.split('\n')) expect(JSON.parse(line)).toHaveProperty('level');
  expect(await podman('inspect', '--format', '{{.State.ExitCode}}', name)).toBe('0');
}
