import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pgvouch, pgvouchProcess, urlOf } from '../../support/servers/command-line.ts';
import { type TwoServers, twoServers } from '../../support/world/two-servers.ts';
import { clearWorlds } from '../../support/world/world.ts';
import { keysOf } from '../../support/world/world-vault.ts';

let here: TwoServers;

beforeAll(async () => {
  here = await twoServers();
  const { client, bucket } = here.main.vault;
  await client.s3.send(new CreateBucketCommand({ Bucket: bucket }));
});

afterAll(async () => {
  await here?.end();
  await clearWorlds();
});

test('a command is about the server that is named; each has its backups in a folder of its own', async () => {
  const { env, main, old } = here;
  for (const [name, { database, vault }] of [
    ['main', main],
    ['old', old],
  ] as const) {
    const dumped = await pgvouch(env, 'dump', '--json', '--server', name);
    expect(dumped).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(dumped.stdout)).toMatchObject([{ database }]);
    expect((await keysOf(vault)).filter((key) => key.endsWith('/manifest.json'))).toHaveLength(1);
  }
  const verified = await pgvouch({ ...env, PGVOUCH_SERVER: 'old', DRILL: 'off' }, 'verify', '--all-unverified');
  expect(verified).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(`${old.database}/`) });

  // Before the command or after it.
  const one = await pgvouch(env, '--server', 'main', 'list');
  expect(one.stdout).toContain(`${main.database}/`);
  expect(one.stdout).not.toContain(`${old.database}/`);
});

test('what only shows shows all servers, each below its name', async () => {
  const { env, main, old } = here;
  const { stdout } = await pgvouch(env, 'list');
  const [, ofMain = '', ofOld = ''] = /^server main\n\n(.*)\nserver old\n\n(.*)$/s.exec(stdout) ?? [];
  expect(ofMain).toMatch(new RegExp(`^BACKUP .*\n${main.database}/.*not verified yet`));
  expect(ofOld).toMatch(new RegExp(`^BACKUP .*\n${old.database}/.*readable`));
  const json = JSON.parse((await pgvouch(env, 'list', '--json')).stdout);
  expect(json).toMatchObject([
    { server: 'main', backups: [{ database: main.database }] },
    { server: 'old', backups: [{ database: old.database, verdict: 'readable' }] },
  ]);
  expect(JSON.parse((await pgvouch(env, 'status', '--json')).stdout)).toEqual([
    { server: 'main', clusters: [] },
    { server: 'old', clusters: [] },
  ]);
});

test('the backup of one server is restored, here onto the other, and compared', async () => {
  const { env, main, old } = here;
  const { target } = main.postgres;
  const restored = await pgvouch(
    { ...env, PGPASSWORD: target.password ?? '' },
    ...[
      'restore',
      '--server',
      'old',
      '--accept',
      'readable',
      '--create',
      '--to',
      urlOf(target, `${old.database}_copy`),
    ],
  );
  expect(restored).toMatchObject({ exitCode: 0 });
  expect(await main.postgres.sql(`${old.database}_copy`, 'SELECT count(*)::int FROM item')).toEqual([{ count: 30 }]);
});

test('what changes something refuses to guess, and an unknown name: both name the servers', async () => {
  for (const args of [['dump'], ['retention'], ['verify', '--all-unverified'], ['keep', 'shop/latest']]) {
    const { exitCode, stderr } = await pgvouch(here.env, ...args);
    expect(stderr).toBe(
      'pgvouch: choose server: several are configured: main, old\nHint: say which, like this: --server main\n',
    );
    expect(exitCode).toBe(2);
  }
  const unknown = await pgvouch(here.env, 'list', '--server', 'mian');
  expect(unknown).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('mian: there are main, old\n') });
  const { PGVOUCH_CONFIG: _, ...without } = here.env;
  expect(await pgvouch(without, 'list', '--server', 'main')).toMatchObject({
    ...{ exitCode: 2, stderr: expect.stringContaining('main: no server has a name here') },
  });
});

test('config check shows each server with its databases, and what is wrong with which', async () => {
  const { env, main, old, document } = here;
  const { exitCode, stdout } = await pgvouchProcess(env, 'config', 'check');
  expect(exitCode).toBe(0);
  const { port } = main.postgres.target;
  expect(stdout.split('\n').slice(1)).toEqual([
    '',
    'main',
    `  server     ${main.postgres.target.host}:${port} as postgres`,
    `  bucket     ${main.vault.bucket}/pgvouch/main/`,
    expect.stringContaining(`  databases  ${main.database}: by cron`),
    '',
    'old',
    expect.stringContaining(`:${old.postgres.target.port} as postgres`),
    `  bucket     ${main.vault.bucket}/before/`,
    expect.stringContaining(`  databases  ${old.database}: by cron`),
    '',
  ]);
  const json = JSON.parse((await pgvouch(env, 'config', 'check', '--json')).stdout);
  expect(json.inEffect.servers).toMatchObject([{ name: 'main' }, { name: 'old', prefix: 'before/' }]);

  const { servers } = document;
  const { user: _, ...nobody } = servers.old as { user?: string };
  const file = await here.write({
    ...document,
    servers: { ...servers, old: { ...nobody, schedule: 'cron(0 25 * * ? *)' } },
  });
  const wrong = await pgvouch(env, 'config', 'check', file);
  expect(wrong).toMatchObject({ exitCode: 2 });
  expect(wrong.stdout.trimEnd().split('\n')).toEqual([
    expect.stringMatching(/:\d+:3: servers\.old: POSTGRES_USER \(in the file: user\) is not set$/),
    expect.stringMatching(/:\d+:5: servers\.old\.schedule must be cron/),
  ]);
});
