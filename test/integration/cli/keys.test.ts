import { readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { runFolder } from '../../support/run/run-folder.ts';
import { pgvouch, urlOf, variablesOf } from '../../support/servers/command-line.ts';
import { debianAge } from '../../support/servers/debian-age.ts';
import { ownDrillPlace } from '../../support/world/drill-place.ts';
import { world } from '../../support/world/world.ts';

test('from keys new to a restore: what it prints is what the functions take, and the page in the safe opens a backup', async () => {
  const folder = runFolder('keys');
  const [to, kit] = [path.join(folder, 'identity.txt'), path.join(folder, 'kit.txt')];
  const here = await world();
  await here.sql('CREATE TABLE secret_orders AS SELECT g AS id FROM generate_series(1, 1234) g');
  const env = { ...variablesOf(here.vault, here.postgres.target), POSTGRES_DB: here.database };
  const made = await pgvouch(env, 'keys', 'new', '--to', to, '--kit', kit);
  expect(made).toMatchObject({ exitCode: 0 });
  const identity = /^AGE-SECRET-KEY-1\w+$/m.exec(readFileSync(to, 'utf8'))?.[0] ?? expect.unreachable();
  const [, recipient = ''] = /BACKUP_AGE_RECIPIENTS=(age1\w+)$/m.exec(made.stdout) ?? [];
  expect(made.stdout + made.stderr).not.toContain('AGE-SECRET-KEY');
  for (const file of [to, kit]) expect(statSync(file).mode & 0o777).toBe(0o600);
  const page = readFileSync(kit, 'utf8');
  for (const word of [identity, recipient, here.vault.bucket, here.vault.prefix]) expect(page).toContain(word);
  expect(page.split('\n').every((line) => line.length <= 90)).toBe(true);

  const again = await pgvouch(env, 'keys', 'new', '--to', to, '--kit', kit);
  expect(again).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('name a file that does not exist yet') });
  expect(readFileSync(to, 'utf8')).toContain(identity);

  const sealing = { ...env, BACKUP_AGE_RECIPIENTS: recipient };
  const dumped = await pgvouch(sealing, 'dump');
  expect(dumped).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('sealed; not verified yet') });
  const { installations } = ownDrillPlace();
  const drill = { SCRATCH_POSTGRES_DIR: installations.join(':'), SCRATCH_CACHE_DIR: '' };
  expect(await pgvouch({ ...sealing, ...drill }, 'verify', 'latest')).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/intact, sealed(.|\n)*verify has no identity/),
  });
  expect(await pgvouch(sealing, 'list')).toMatchObject({ stdout: expect.stringContaining('intact, sealed') });
  const restore = ['restore', '--create', '--to', urlOf(here.postgres.target, `${here.database}_again`)];
  expect(await pgvouch(sealing, ...restore)).toMatchObject({
    exitCode: 4,
    stderr: expect.stringContaining('--accept intact'),
  });
  expect(await pgvouch(sealing, ...restore, '--accept', 'intact')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('it is sealed, and no identity was given'),
  });

  const opening = { ...sealing, ...drill, BACKUP_AGE_IDENTITY_FILE: to };
  expect(await pgvouch(opening, 'verify', 'latest')).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('restorable'),
  });
  expect(await pgvouch(sealing, 'show', 'latest')).toMatchObject({
    stdout: expect.stringContaining('what it holds is sealed: --identity opens it'),
  });
  expect(await pgvouch(sealing, 'show', 'latest', '--identity', to)).toMatchObject({
    stdout: expect.stringContaining('1 table with 1,234 rows'),
  });
  const password = { PGPASSWORD: here.postgres.target.password ?? '' };
  expect(await pgvouch({ ...sealing, ...password }, ...restore, '--identity', to)).toMatchObject({ exitCode: 0 });

  // Typed from the page.
  const age = await debianAge();
  const typed = path.join(folder, 'typed.txt');
  writeFileSync(typed, `${/AGE-SECRET-KEY-1\w+/.exec(page)?.[0]}\n`);
  const [key = ''] = (await here.keys()).filter((one) => one.endsWith('.dump.age'));
  const chunks: Buffer[] = [];
  for await (const chunk of (await here.vault.getBytes(key)) ?? []) chunks.push(chunk);
  writeFileSync(path.join(folder, 'archive.dump.age'), Buffer.concat(chunks));
  await age.decrypt(typed, path.join(folder, 'archive.dump.age'), path.join(folder, 'archive.dump'));
  expect(readFileSync(path.join(folder, 'archive.dump')).subarray(0, 5).toString()).toBe('PGDMP');
});

test('a post-quantum identity, on stdout where that is asked for', async () => {
  const { exitCode, stdout } = await pgvouch({}, 'keys', 'new', '--post-quantum', '--print');
  expect({ exitCode, stdout }).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/^# created: .*\n# public key: age1pq1\w+\nAGE-SECRET-KEY-PQ-1\w+\n$/),
  });
});

test.each([
  ['an identity', 'AGE-SECRET-KEY-1QQQQ', /holds an identity, which is secret/],
  ['no recipient', 'ssh-ed25519 AAAA', /must name recipients of age/],
])('%s in place of the recipients is refused, and not repeated', async (_, text, why) => {
  const { exitCode, stderr } = await pgvouch({ BACKUP_AGE_RECIPIENTS: text, POSTGRES_DB: 'shop' }, 'dump');
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(why) });
  expect(stderr).not.toContain(text);
});
