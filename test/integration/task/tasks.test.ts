import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { parseFunctionEnded } from '../../../events/function-ended.ts';
import { TOLD } from '../../../events/task-stopped.ts';
import { verify } from '../../../functions/verify/verify.ts';
import { verifyAll } from '../../../functions/verify/verify-all.ts';
import { formatFiredAt } from '../../../layers/backup/instant.ts';
import { connect } from '../../../layers/postgres/connect/connection.ts';
import { embeddedPostgres } from '../../../layers/postgres/places/embedded-installation.ts';
import { type AwsStandIn, openAwsStandIn } from '../../support/aws/aws-stand-in.ts';
import { REQUIRED } from '../../support/aws/deployment-parameters.ts';
import { taskProcessEnvironment, useAws } from '../../support/aws/task-process.ts';
import { pgvouchProcess, startPgvouch } from '../../support/servers/command-line.ts';
import { PASSWORD } from '../../support/servers/postgres.ts';
import { quickInstallation } from '../../support/servers/quick-installation.ts';
import { depsOf } from '../../support/world/drill-run.ts';
import { type World, world } from '../../support/world/world.ts';

let aws: AwsStandIn;
let here: World;
beforeAll(async () => {
  aws = await openAwsStandIn(PASSWORD);
  here = await world();
  await here.sql('CREATE TABLE orders AS SELECT g AS id FROM generate_series(1, 500) g');
});
afterAll(() => aws?.end());

const firedAt = new Date('2026-11-22T02:00:00Z');

/** With the image's scratch server. */
function environmentOf(name: 'dump' | 'verify', event: string): Record<string, string> {
  const { POSTGRES_DB: _, ...required } = REQUIRED;
  const { host, port, user } = here.postgres.target;
  const parameters = {
    ...{ ...required, POSTGRES_HOST: host, POSTGRES_PORT: String(port), POSTGRES_USER: user },
    ...{ POSTGRES_DBS: JSON.stringify([here.database, 'crm']), BACKUP_BUCKET: here.vault.bucket },
    ...{ DUMP_ON: 'fargate', VERIFY_ON: 'fargate', VERIFY_TIMEOUT: '7200' },
  };
  return {
    ...taskProcessEnvironment(name, parameters, event, aws.env),
    SCRATCH_POSTGRES_DIR: quickInstallation(embeddedPostgres()),
  };
}

/** As the schedule sends it. */
function firing(database: string): string {
  const time = firedAt.toISOString().replace('.000Z', 'Z');
  const kind = { version: '0', source: 'aws.events', 'detail-type': 'Scheduled Event' };
  return JSON.stringify({ ...kind, id: 'f1', time, detail: { database } });
}

/** How notify reads what it was told last. */
function lastTold() {
  const last = aws.invoked.at(-1);
  expect(last?.function).toBe('pgvouch-prod-notify');
  return parseFunctionEnded(last?.event);
}

test('the task of a dump, and that of a verify which its function starts', { timeout: 240_000 }, async () => {
  const dumped = await pgvouchProcess(environmentOf('dump', firing(here.database)), 'run', 'dump');
  expect(dumped).toMatchObject({ exitCode: 0, stderr: '' });
  for (const line of dumped.stdout.trim().split('\n')) expect(JSON.parse(line)).toHaveProperty('level');
  expect(lastTold()).toMatchObject({
    outcome: 'succeeded',
    succeeded: { function: 'dump', response: { database: here.database, firedAt: firedAt.toISOString() } },
  });

  const place = {
    ...{ cluster: 'pgvouch-prod', family: 'pgvouch-prod-verify', publicIp: true },
    ...{ subnets: ['subnet-0a'], securityGroups: ['sg-0b'] },
  };
  const deps = { ...depsOf(here.vault, undefined), task: { place, fromBytes: 0, extensions: [] } };
  useAws(aws.env);
  const name = { database: here.database, firedAt };
  // The bucket's event, and the hourly look while the task runs: it is one task.
  expect(await verify(deps, { ...name, signal: AbortSignal.timeout(60_000) })).toBeUndefined();
  expect(await verifyAll(deps, { kind: 'unverified' }, AbortSignal.timeout(60_000))).toEqual([]);
  expect(aws.tasks).toEqual([
    {
      ...{ cluster: 'pgvouch-prod', taskDefinition: 'pgvouch-prod-verify', launchType: 'FARGATE', count: 1 },
      clientToken: expect.stringMatching(/^[0-9a-f]{64}$/),
      networkConfiguration: {
        awsvpcConfiguration: { subnets: ['subnet-0a'], securityGroups: ['sg-0b'], assignPublicIp: 'ENABLED' },
      },
      overrides: {
        containerOverrides: [{ name: 'pgvouch', environment: [{ name: 'PGVOUCH_EVENT', value: expect.any(String) }] }],
      },
    },
  ]);
  const event = aws.tasks[0]?.overrides.containerOverrides[0]?.environment[0]?.value ?? '';
  expect(JSON.parse(event)).toEqual({ database: here.database, firedAt: formatFiredAt(firedAt), as: 'new' });

  expect(await pgvouchProcess(environmentOf('verify', event), 'run', 'verify')).toMatchObject({
    exitCode: 0,
    stderr: '',
  });
  const proved = { database: here.database, firedAt: firedAt.toISOString(), verdict: 'restorable' };
  expect(lastTold()).toMatchObject({ succeeded: { function: 'verify', response: [proved] } });
  // A verdict that stands is for no task.
  expect(await verify(deps, { ...name, signal: AbortSignal.timeout(60_000) })).toMatchObject({ verdict: 'restorable' });
});

test('a task that does not start is an alarm; one that was started with other subnets is not', async () => {
  const manifest = await here.dump();
  const place = { cluster: 'c', family: 'f', publicIp: false, subnets: ['subnet-0a'], securityGroups: ['sg-0b'] };
  const deps = { ...depsOf(here.vault, undefined), task: { place, fromBytes: 0, extensions: [] } };
  const request = { database: here.database, firedAt: new Date(manifest.firedAt), signal: AbortSignal.timeout(60_000) };
  useAws(aws.env);
  aws.refuse({ status: 200, body: { tasks: [], failures: [{ reason: 'Capacity is unavailable at this time.' }] } });
  await expect(verify(deps, request)).rejects.toMatchObject({
    name: 'ConfigError',
    problem: 'Capacity is unavailable at this time.',
  });
  aws.refuse({ status: 400, body: { __type: 'ConflictException', message: 'the token is used' } });
  expect(await verify(deps, request)).toBeUndefined();
  aws.refuse(undefined);
});

test('a task that is stopped clears up and tells it', { timeout: 240_000 }, async () => {
  const before = await here.keys();
  const blocker = await connect(here.postgres.target, here.database, 'blocker');
  onTestFinished(() => blocker.end());
  await blocker.query('BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE');
  const event = firing(here.database).replace('02:00:00', '03:00:00');
  const { child, ended } = startPgvouch(environmentOf('dump', event), 'run', 'dump');
  await vi.waitFor(async () => expect(await waiting()).toHaveLength(1), { timeout: 60_000, interval: 200 });
  child.kill('SIGTERM');
  expect(await ended).toMatchObject({ exitCode: TOLD, stderr: '' });
  expect(lastTold()).toMatchObject({
    failed: { function: 'dump', attempts: 1, error: { type: 'Stopped', problem: expect.stringContaining('stopped') } },
  });
  await blocker.query('ROLLBACK');
  expect([await here.keys(), await here.unfinishedUploads(), await waiting()]).toEqual([before, [], []]);
});

/** Sessions that wait for a lock. */
function waiting() {
  return here.sql("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'");
}
