import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { manifestKey, verdictKey } from '../../../layers/backup/keys.ts';
import type { Manifest } from '../../../layers/backup/manifest.ts';
import type { VerdictName } from '../../../layers/backup/verdict.ts';
import { pgvouch, pgvouchProcess, urlOf, variablesOf } from '../../support/servers/command-line.ts';
import { PASSWORD } from '../../support/servers/postgres.ts';
import { archiveOf } from '../../support/world/archive.ts';
import { clientBin } from '../../support/world/client-folder.ts';
import { contentsOf } from '../../support/world/contents.ts';
import { nameOf, type World, world } from '../../support/world/world.ts';

let here: World;
let env: Record<string, string>;
/** Three backups of one database: of 1, 2 and 3 rows, an hour between. */
let backups: Manifest[];
const NOON = new Date('2026-06-01T12:00:00Z').getTime();
const at = (hours: number) => new Date(NOON + hours * 3_600_000);

beforeAll(async () => {
  here = await world({ database: `shop's "${randomUUID().slice(0, 8)}"` });
  env = variablesOf(here.vault, here.postgres.target);
  await here.sql('CREATE TABLE orders (id serial PRIMARY KEY, note text)');
  const itself = `DATABASE "${here.database.replaceAll('"', '""')}"`;
  await here.sql(`ALTER ${itself} SET "app.greeting" = E'it''s :one\\n"of" $two';
    ALTER ${itself} SET default_transaction_read_only = off; REVOKE CONNECT ON ${itself} FROM PUBLIC`);
  backups = [];
  for (const hours of [0, 1, 2]) {
    await here.sql(`INSERT INTO orders (note) VALUES ('it''s ${hours}')`);
    backups.push(
      await datedAt(await here.dump(here.database, { firedAt: at(hours), sharedGlobalsMs: 48 * 3_600_000 }), at(hours)),
    );
  }
});

/** As if it had been taken then. */
async function datedAt(manifest: Manifest, snapshotAt: Date): Promise<Manifest> {
  const changed = { ...manifest, snapshotAt: snapshotAt.toISOString() };
  await here.vault.put(manifestKey(here.vault.prefix, nameOf(manifest)), JSON.stringify(changed));
  return changed;
}

async function judge(index: number, verdict: VerdictName): Promise<void> {
  const manifest = backups[index];
  if (manifest) await here.vault.put(verdictKey(here.vault.prefix, nameOf(manifest), verdict), '{}');
}

/** A database of its own to restore into, as a URL; without its password. */
function destination(): { database: string; url: string } {
  const database = `restored "${randomUUID().slice(0, 8)}"`;
  return { database, url: urlOf(here.postgres.target, database) };
}

const rowsOf = async (database: string) => (await here.postgres.sql(database, 'SELECT FROM orders')).length;

test('the newest restorable one, by default; others only if they are accepted; a corrupt one never', async () => {
  const restore = async (...args: string[]) => {
    const { database, url } = destination();
    const result = await pgvouch(env, 'restore', '--database', here.database, '--to', url, '--create', ...args);
    return { ...result, rows: result.exitCode === 0 ? await rowsOf(database) : undefined };
  };
  expect(await restore()).toMatchObject({
    exitCode: 4,
    stderr: expect.stringMatching(/none .*Hint: .*--accept unverified/s),
  });
  expect(await restore('--accept', 'unverified')).toMatchObject({ exitCode: 0, rows: 3 });

  await judge(0, 'restorable');
  await judge(1, 'readable');
  await judge(2, 'corrupt');
  expect(await restore()).toMatchObject({ exitCode: 0, rows: 1, stdout: expect.stringContaining('compared equal') });
  expect(await restore('--accept', 'readable')).toMatchObject({ exitCode: 0, rows: 2 });
  expect(await restore('--at', '2026-06-01 12:59', '--accept', 'readable')).toMatchObject({ exitCode: 0, rows: 1 });
  expect(await restore('--at', '2026-06-01T14:59:00+02:00')).toMatchObject({ exitCode: 0, rows: 1 });

  expect(await restore('--at', '2026-06-01T13-00-00Z')).toMatchObject({
    exitCode: 4,
    stderr: expect.stringMatching(/not proved/),
  });
  const all = ['--accept', 'readable', '--accept', 'unverified', '--accept', 'unrestorable'];
  const corrupt = await restore('--at', `${here.database}/2026-06-01T14-00-00Z`, ...all);
  expect(corrupt).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('it is corrupt') });
  expect(await restore('--accept', 'corrupt')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringMatching(/never restored/),
  });
  expect(await restore('--at', '2026-01-01')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringMatching(/the oldest has data from 2026-06-01/),
  });
  expect(await restore('--at', 'tomorrow')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringMatching(/neither a backup nor a time/),
  });
});

test('what came back is compared, and the result is the exit code', async () => {
  await judge(0, 'restorable');
  const { database, url } = destination();
  const words = ['restore', '--database', here.database, '--at', '2026-06-01T12-00-00Z', '--to', url];
  expect(await pgvouch(env, ...words)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--create') });

  const { exitCode, stdout, stderr } = await pgvouchProcess(env, ...words, '--create', '--jobs', '2', '--json');
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.stringContaining('restoring ') });
  expect(JSON.parse(stdout)).toMatchObject({ database, differences: [], jobs: 2, compared: { tables: 1, rows: 1 } });

  const again = await pgvouchProcess(env, ...words);
  expect(again).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('not empty') });
  expect(await pgvouch(env, ...words, '--clean', 'another')).toMatchObject({ exitCode: 4 });
  await here.postgres.sql(database, 'CREATE TABLE more (id int)');
  const differing = await pgvouch(env, ...words, '--clean', database);
  expect(differing).toMatchObject({
    exitCode: 3,
    stdout: expect.stringMatching(/DIFFERS .* in 1 point:\n {2}Schema "public" came back with 2 tables/),
  });
});

test('passwords: from the URL, from PGPASSWORD, or the configured one; a wrong one is told without itself', async () => {
  const { POSTGRES_PASSWORD, ...without } = env;
  const { url } = destination();
  const words = ['restore', '--database', here.database, '--at', '2026-06-01T12-00-00Z', '--create', '--to'];
  expect(await pgvouch(without, ...words, url)).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('Hint: check --to, and PGPASSWORD'),
  });
  expect(await pgvouch({ ...without, PGPASSWORD: PASSWORD }, ...words, url)).toMatchObject({ exitCode: 0 });
  const full = destination().url.replace('@', `:${encodeURIComponent(PASSWORD)}@`);
  expect(await pgvouchProcess(without, ...words, full)).toMatchObject({
    exitCode: 0,
    stderr: expect.stringContaining('other users can see the password of --to'),
  });
  const wrong = await pgvouch(env, ...words, destination().url.replace('@', ':hunter2@'));
  expect(wrong).toMatchObject({ exitCode: 1, stderr: expect.not.stringContaining('hunter2') });
  expect(await pgvouch(env, ...words, 'mysql://u:hunter2@h/x')).toMatchObject({
    exitCode: 2,
    stderr: expect.not.stringContaining('hunter2'),
  });
});

test('--print: stock commands that need nothing of ours, and do the same', async () => {
  await judge(0, 'restorable');
  const { database, url } = destination();
  const words = ['--at', '2026-06-01T12-00-00Z', '--to', url, '--create', '--jobs', '2', '--globals', '--no-owner'];
  const { exitCode, stdout } = await pgvouch(env, 'restore', '--database', here.database, ...words, '--print');
  expect(exitCode).toBe(0);
  await expect(rowsOf(database)).rejects.toThrow('does not exist');
  const parts = await pgvouch(
    env,
    'restore',
    '--database',
    here.database,
    ...words,
    '--table',
    'orders',
    '--complete',
    '--print',
  );
  expect(parts).toMatchObject({
    exitCode: 2,
    stderr: expect.stringMatching(
      /no option for the indexes and constraints of single tables\nHint: leave out --print, or --complete/,
    ),
  });

  const folder = mkdtempSync(path.join(tmpdir(), 'pgvouch-print-'));
  try {
    await bringTools(folder);
    const run = promisify(execFile)('sh', ['-c', stdout], {
      cwd: folder,
      env: { PATH: `${folder}:/usr/bin:/bin`, PGPASSWORD: PASSWORD },
    });
    await run;
    expect(await contentsOf(here.postgres, database)).toEqual({ orders: expect.any(String) });
    expect(await rowsOf(database)).toBe(1);
    const [itself] = await here.postgres.sql(
      database,
      `SELECT current_setting('app.greeting') AS greeting, current_setting('default_transaction_read_only') AS only,
              has_database_privilege('public', current_database(), 'CONNECT') AS open`,
    );
    expect(itself).toEqual({ greeting: `it's :one\n"of" $two`, only: 'off', open: false });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** PostgreSQL's programs, and an `aws` that copies out of a folder which holds what the bucket does. */
async function bringTools(folder: string): Promise<void> {
  for (const program of readdirSync(clientBin(18)))
    symlinkSync(path.join(clientBin(18), program), path.join(folder, program));
  const [manifest] = backups;
  if (!manifest) throw new Error('there is one');
  const stored = path.join(folder, 'stored');
  writeFileSync(`${stored}-archive`, await archiveOf(here.vault, manifest));
  writeFileSync(`${stored}-globals`, (await here.vault.getText(manifest.globals.key)) ?? '');
  const of = (key: string) => `'s3://${here.vault.bucket}/${key.replaceAll("'", `'\\''`)}'`;
  writeFileSync(
    path.join(folder, 'aws'),
    `#!/bin/sh
[ "$1 $3 $4" = "--endpoint-url s3 cp" ] && [ "$2" = "${here.vault.config.server?.endpoint}" ] || exit 2
case $5 in
  ${of(manifest.archive.key)}) exec cp '${stored}-archive' "$6" ;;
  ${of(manifest.globals.key)}) exec cp '${stored}-globals' "$6" ;;
  *) exit 3 ;;
esac
`,
  );
  chmodSync(path.join(folder, 'aws'), 0o755);
}
