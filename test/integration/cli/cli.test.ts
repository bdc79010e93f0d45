import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { formatFiredAt } from '../../../layers/backup/instant.ts';
import { keptKey, retiredKey } from '../../../layers/backup/keys.ts';
import type { Vault } from '../../../layers/vault/vault.ts';
import { pgvouch, pgvouchProcess, variablesOf } from '../../support/servers/command-line.ts';
import { freePort } from '../../support/servers/postgres.ts';
import { deviationsFrom } from '../../support/status/api-description.ts';
import { storeBackup } from '../../support/world/stored-backup.ts';
import { sharedPostgres, type World, world } from '../../support/world/world.ts';
import { freshVault } from '../../support/world/world-vault.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const daysAgo = (days: number) => new Date(Math.floor(Date.now() / 1000) * 1000 - days * DAY_MS);

let env: Record<string, string>;
let vault: Vault;
beforeAll(async () => {
  vault = (await freshVault()).vault;
  env = variablesOf(vault, (await sharedPostgres()).target);
});

test('list: newest first, what each is worth and what becomes of it', async () => {
  const here = (await freshVault()).vault;
  const vars = variablesOf(here, (await sharedPostgres()).target);
  expect(await pgvouch(vars, 'list')).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('no backups in') });

  const going = new Date(Date.now() + 3 * DAY_MS);
  await storeBackup(here, { firedAt: daysAgo(40), verdict: 'restorable', removeAfter: going });
  await storeBackup(here, { firedAt: daysAgo(2), verdict: 'corrupt' });
  const yesterday = daysAgo(1);
  await storeBackup(here, { firedAt: yesterday, verdict: 'restorable', kept: true });
  await storeBackup(here, { firedAt: daysAgo(0), database: 'odd name/ü' });

  const { exitCode, stdout } = await pgvouchProcess(vars, 'list');
  expect(exitCode).toBe(0);
  const [head, ...lines] = stdout.split('\n');
  expect(head).toMatch(/^BACKUP +DATA AS OF +AGE +SIZE +VERDICT$/);
  expect(lines[0]).toMatch(/^odd name\/ü\/.*Z +\d{4}-.* UTC +\d+ s +\d+ B +not verified yet$/);
  expect(lines[1]).toMatch(/^shop\/.* 24 h .* restorable +kept by hand$/);
  expect(lines[2]).toMatch(/^shop\/.* 2 d .* CORRUPT$/);
  expect(lines[3]).toContain(`retired, removed after ${going.toISOString().slice(0, 10)}`);

  const json = JSON.parse((await pgvouch(vars, 'list', '--json', '--database', 'shop')).stdout);
  expect(deviationsFrom('Backup', json, true)).toEqual([]);
  expect(json).toHaveLength(3);
  expect(json[0]).toMatchObject({
    ...{ backup: `shop/${formatFiredAt(yesterday)}`, database: 'shop', snapshotAt: yesterday.toISOString() },
    ...{ verdict: 'restorable', kept: true, retired: null, complete: true },
  });
  expect(json[2].retired).toEqual({
    at: expect.any(String),
    removeAfter: going.toISOString(),
    reasons: ['older than 30d'],
  });
});

test('dump, verify, show: a backup is taken, proved and told of', async () => {
  const here = await world({ vault });
  await here.sql('CREATE TABLE orders AS SELECT g AS id FROM generate_series(1, 1234) g');
  const dumped = await pgvouchProcess(env, 'dump', '--database', here.database);
  expect(dumped).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('1 table with 1,234 rows') });
  const name = dumped.stdout.split(':')[0] ?? '';

  const verified = await pgvouchProcess(env, 'verify', '--all-unverified', '--database', here.database);
  expect(verified).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(`${name}: restorable`) });
  expect(await pgvouch(env, 'verify', name)).toMatchObject({ exitCode: 0 });

  const shown = await pgvouch(env, 'show', 'latest', '--database', here.database);
  expect(shown.exitCode).toBe(0);
  for (const words of [name, 'restorable, found', 'restored in', '1 table with 1,234 rows', 'SHA-256', 'UTF8']) {
    expect(shown.stdout).toContain(words);
  }
  const json = JSON.parse((await pgvouch(env, 'show', name, '--json')).stdout);
  expect(deviationsFrom('BackupDetail', json)).toEqual([]);
  expect(json).toMatchObject({
    ...{ backup: name, manifest: { format: 'pgvouch/manifest' }, found: { verdict: 'restorable', drill: {} } },
  });

  // Next to nothing is left: the backup is stored, and said to be bad.
  await here.sql('TRUNCATE orders');
  expect(await pgvouch(env, 'dump', '--database', here.database)).toMatchObject({
    exitCode: 3,
    stdout: expect.stringContaining('1 table with 0 rows'),
    stderr: expect.stringMatching(
      /! dump .*: the backup is stored, but it holds next to nothing: 1 table with 0 rows; /,
    ),
  });
});

test('verify: a bad verdict is exit code 3, every time', async () => {
  const here = await brokenBackup();
  for (const words of [
    ['verify', '--all-unverified'],
    ['verify', 'latest'],
  ]) {
    const { exitCode, stdout, stderr } = await pgvouch(env, ...words, '--database', here.database);
    expect({ exitCode, stderr }).toEqual({ exitCode: 3, stderr: '' });
    expect(stdout).toMatch(/CORRUPT.*\n +The SHA-256 of the globals/);
  }
});

test('keep, retention: a pin holds and its undoing too', async () => {
  const here = (await freshVault()).vault;
  const vars = variablesOf(here, (await sharedPostgres()).target);
  await storeBackup(here, { firedAt: daysAgo(0), verdict: 'restorable' });
  const old = await storeBackup(here, { firedAt: daysAgo(90), verdict: 'restorable' });
  const name = `shop/${formatFiredAt(old.firedAt)}`;
  const mark = () => here.getText(retiredKey(here.prefix, old));
  const pin = () => here.getText(keptKey(here.prefix, old));

  const tried = await pgvouch(vars, 'retention', '--dry-run');
  expect(tried).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(new RegExp(`retire +${name} +older than`)),
  });
  expect(tried.stdout).toContain('nothing was written');
  expect(await mark()).toBeUndefined();

  expect(await pgvouch(vars, 'keep', name, '--reason', 'the audit')).toMatchObject({ exitCode: 0 });
  expect(JSON.parse((await pin()) ?? '')).toMatchObject({ format: 'pgvouch/kept', reason: 'the audit' });
  await pgvouch(vars, 'retention');
  expect(await mark()).toBeUndefined();

  const undone = await pgvouch(vars, 'keep', name, '--undo', '--json');
  expect(JSON.parse(undone.stdout)).toMatchObject({ backup: name, kept: false });
  expect(await pin()).toBeUndefined();
  expect(await pgvouch(vars, 'retention', '--json')).toMatchObject({ exitCode: 0 });
  expect(await mark()).toBeDefined();

  const kept = await pgvouch(vars, 'keep', formatFiredAt(old.firedAt), '--database', 'shop');
  expect(kept.stdout).toContain('its retirement ends');
});

test('what goes wrong is one sentence and a hint, and an exit code', async () => {
  const cases: [Record<string, string>, string[], number, RegExp][] = [
    [env, ['list', '--bogus'], 2, /unknown option '--bogus'/],
    [env, ['verify'], 2, /name a backup, or use --all-unverified/],
    [env, ['show', 'yesterday'], 2, /does not name a backup\nHint: /],
    [env, ['show', 'shop/2026-01-01T00-00-00Z'], 2, /there is no such backup/],
    [{ ...env, BACKUP_BUCKET: 'No' }, ['list'], 2, /BACKUP_BUCKET/],
    [{ ...env, RETENTION_DAYS: '0' }, ['retention'], 4, /keeps nothing/],
    [{ ...env, POSTGRES_PORT: '1' }, ['dump', '--database', 'shop'], 1, /ECONNREFUSED[\s\S]*Hint: /],
    [{ ...env, MINIO_ENDPOINT: 'http://127.0.0.1:1' }, ['list'], 1, /ECONNREFUSED/],
    [{ ...env, MINIO_SECRET_KEY: 'wrong' }, ['list'], 1, /SignatureDoesNotMatch/],
  ];
  for (const [vars, args, exitCode, stderr] of cases) {
    const said = { exitCode, stdout: '', stderr: expect.stringMatching(stderr) };
    expect([args, await pgvouch(vars, ...args)]).toEqual([args, said]);
    // As a process, too, once each: of a wrong command line, and of a server that is away.
    if (args.includes('--bogus') || args[0] === 'dump') expect(await pgvouchProcess(vars, ...args)).toEqual(said);
  }
});

test('where nothing is configured, the local stack that left its state is asked', async () => {
  const { server } = vault.config;
  const state = mkdtempSync(path.join(tmpdir(), 'pgvouch-state-'));
  const secrets = { bucketAccessKey: server?.accessKeyId, bucketSecretKey: server?.secretAccessKey };
  writeFileSync(path.join(state, 'secrets.json'), JSON.stringify({ ...secrets, postgresPassword: 'x' }));
  const stack = { PGVOUCH_STATE_DIR: state, BACKUP_BUCKET: vault.bucket };
  try {
    const { port } = new URL(server?.endpoint ?? '');
    const found = await pgvouch({ ...stack, LOCAL_BUCKET_PORT: port }, 'list');
    expect(found).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(`127.0.0.1:${port}`) });
    const { exitCode, stderr } = await pgvouch({ ...stack, LOCAL_BUCKET_PORT: String(await freePort()) }, 'list');
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringContaining('is npm start running?') });
  } finally {
    rmSync(state, { recursive: true, force: true });
  }
});

/** A backup whose globals were changed behind our back. */
async function brokenBackup(): Promise<World> {
  const here = await world({ vault, database: `shop_${randomUUID().slice(0, 8)}` });
  const { globals } = await here.dump();
  const text = (await vault.getText(globals.key)) ?? '';
  await vault.put(globals.key, text.replace('PostgreSQL', 'postgresql'));
  return here;
}
