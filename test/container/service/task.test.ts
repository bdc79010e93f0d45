import { afterAll, beforeAll, expect, test } from 'vitest';
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

test('a task of the image runs one function for one event, and ends', async () => {
  await here.sql('CREATE TABLE orders AS SELECT g AS id FROM generate_series(1, 500) g');
  const event = {
    ...{ version: '0', source: 'aws.events', 'detail-type': 'Scheduled Event', id: 'f1' },
    ...{ time: '2026-11-22T02:00:00Z', detail: { database: here.database } },
  };
  const env = { ...beside.env, POSTGRES_DB: here.database, PGVOUCH_EVENT: JSON.stringify(event) };
  const said = await podman(...runArguments(name, env), 'run', 'dump');
  for (const line of said.split('\n')) expect(JSON.parse(line)).toHaveProperty('level');
  expect(await podman('inspect', '--format', '{{.State.ExitCode}}', name)).toBe('0');
  expect(await keysOf(here.vault)).toContainEqual(expect.stringMatching(/2026-11-22T02-00-00Z\/manifest\.json$/));
});
