import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pino from 'pino';
import { afterAll, expect, test } from 'vitest';
import { goneIfFound } from '../../../functions/dump/gone.ts';
import { find } from '../../../functions/find/find.ts';
import { type DatabasePatterns, sortPatterns } from '../../../layers/backup/database-patterns.ts';
import { parseFoundDatabases } from '../../../layers/backup/found-databases.ts';
import { archiveKey, foundDatabasesKey, manifestKey } from '../../../layers/backup/keys.ts';
import { startDeadline } from '../../../layers/deadline/deadline.ts';
import type { ConnectionTarget } from '../../../layers/postgres/connect/target.ts';
import type { Vault } from '../../../layers/vault/vault.ts';
import { clearWorlds, sharedPostgres, world } from '../../support/world/world.ts';
import { freshVault } from '../../support/world/world-vault.ts';

afterAll(clearWorlds);

const FIRED_AT = new Date('2026-11-22T02:00:00Z');

/** A server whose databases of one prefix are this test's, and a role that is no superuser. */
async function tenants(...names: string[]) {
  const postgres = await sharedPostgres();
  const prefix = `t${randomUUID().slice(0, 6)}_`;
  const role = `${prefix}role`;
  for (const name of names) await postgres.createDatabase(prefix + name);
  await postgres.sql('postgres', `CREATE ROLE ${role} LOGIN PASSWORD 'x'`);
  const { vault } = await freshVault();
  const log: string[] = [];
  let login: Partial<ConnectionTarget> = { password: 'x' };
  const deps = {
    vault,
    target: async () => ({ ...postgres.target, user: role, ...login }),
    log: pino({ level: 'info' }, { write: (line: string) => void log.push(line) }),
    clock: () => new Date(),
  };
  return {
    ...{ vault, prefix, log, deps },
    logInWith: (other: Partial<ConnectionTarget>) => {
      login = other;
    },
    sql: (text: string) => postgres.sql('postgres', text.replaceAll('PREFIX', prefix)),
    async find(list: readonly string[], firedAt = FIRED_AT, isDue = (_: string) => true) {
      const patterns = sortPatterns(list.map((entry) => entry.replace('PREFIX', prefix))) as DatabasePatterns;
      const deadline = startDeadline({ getRemainingTimeInMillis: () => 60_000 }, 'find databases');
      const request = { patterns, concurrency: 2, firedAt, isDue, deadline };
      const found = await find(deps, request).finally(deadline.clear);
      return { ...found, databases: found.databases.map((name) => name.replace(prefix, '')) };
    },
    document: async () => {
      const key = foundDatabasesKey(vault.prefix);
      return parseFoundDatabases((await vault.getText(key)) ?? '', key);
    },
  };
}

/** What a listing shows of a backup. */
async function putBackup(vault: Vault, database: string, sizeBytes: number): Promise<void> {
  const name = { database, firedAt: new Date(Math.floor(Date.now() / 1000) * 1000 - 3_600_000) };
  await vault.put(archiveKey(vault.prefix, name, randomUUID()), 'x'.repeat(sizeBytes));
  await vault.put(manifestKey(vault.prefix, name), '{}');
}

test('what the role can connect to is found, the biggest first; and it says which came and which are gone', async () => {
  const here = await tenants('small', 'big', 'scratch_1', 'shut', 'full', 'theirs', 'model');
  const { vault, prefix } = here;
  await here.sql('ALTER DATABASE PREFIXshut ALLOW_CONNECTIONS false');
  await here.sql('ALTER DATABASE PREFIXfull CONNECTION LIMIT 0');
  await here.sql('ALTER DATABASE PREFIXmodel IS_TEMPLATE true');
  await here.sql('REVOKE CONNECT ON DATABASE PREFIXtheirs FROM PUBLIC');
  await putBackup(vault, `${prefix}small`, 10);
  await putBackup(vault, `${prefix}big`, 1_000);

  const first = await here.find(['PREFIX*', '!PREFIXscratch_*']);
  expect(first).toMatchObject({ firedAt: FIRED_AT.toISOString(), databases: ['big', 'small'], went: [] });
  const document = await here.document();
  expect(document).toMatchObject({
    ...{ firedAt: FIRED_AT.toISOString(), concurrency: 2, gone: [] },
    server: { systemIdentifier: expect.stringMatching(/^\d+$/), standby: false },
    databases: [{ name: `${prefix}big` }, { name: `${prefix}small` }],
    apart: [
      { name: `${prefix}full`, why: 'closed' },
      { name: `${prefix}model`, why: 'template' },
      { name: `${prefix}shut`, why: 'closed' },
      { name: `${prefix}theirs`, why: 'denied' },
    ],
  });

  await here.sql('DROP DATABASE PREFIXbig');
  await here.sql('CREATE DATABASE PREFIXnew');
  const second = await here.find(['PREFIX*', '!PREFIXscratch_*']);
  expect(second).toMatchObject({ databases: ['new', 'small'], came: [`${prefix}new`], went: [`${prefix}big`] });
  const { foundAt, gone, databases } = await here.document();
  expect(gone).toEqual([{ name: `${prefix}big`, since: foundAt }]);
  expect(databases).toEqual([
    { name: `${prefix}new`, since: foundAt },
    { name: `${prefix}small`, since: document.foundAt },
  ]);
  expect(here.log.join('')).toMatch(
    new RegExp(`"database":"${prefix}big","msg":"the server has this database no more`),
  );
});

test('of all that are there only those are dumped whose schedule fired', async () => {
  const here = await tenants('shop', 'crm');
  const { databases } = await here.find(['PREFIX*'], FIRED_AT, (name) => name.endsWith('crm'));
  expect(databases).toEqual(['crm']);
  const known = (await here.document()).databases.map(({ name }) => name);
  expect(known.sort()).toEqual([`${here.prefix}crm`, `${here.prefix}shop`]);
});

test('a role that may not connect to postgres asks through a database that is named', async () => {
  const here = await tenants('shop', 'crm');
  await here.sql('REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC');
  try {
    await expect(here.find(['PREFIX*'])).rejects.toMatchObject({
      name: 'DumpError',
      problem: expect.stringContaining('permission denied for database "postgres"'),
    });
    expect(await here.find(['PREFIXshop', 'PREFIXc*'])).toMatchObject({ databases: ['crm', 'shop'] });
    // From now on those that were found are known.
    expect(await here.find(['PREFIX*'])).toMatchObject({ databases: ['crm', 'shop'] });
  } finally {
    await here.sql('GRANT CONNECT ON DATABASE postgres, template1 TO PUBLIC');
  }
});

test('a password file with a line for each database is asked for one that it has a line for', async () => {
  const here = await tenants('shop', 'crm');
  const passfile = path.join(mkdtempSync(path.join(tmpdir(), 'pgvouch-find-')), 'pgpass');
  const lines = (...databases: string[]) =>
    writeFileSync(passfile, databases.map((name) => `*:*:${here.prefix}${name}:*:x\n`).join(''), { mode: 0o600 });
  here.logInWith({ password: undefined, passfile });
  lines('crm');
  await expect(here.find(['PREFIX*'])).rejects.toMatchObject({
    name: 'DumpError',
    hint: expect.stringMatching(/PGPASSFILE/),
  });
  // It need not be the first that is named.
  expect(await here.find(['PREFIXshop', 'PREFIXcrm', 'PREFIX*'])).toMatchObject({ databases: ['crm', 'shop'] });
  // Nor is it named: what was found the last time is known.
  lines('shop');
  expect(await here.find(['PREFIX*'])).toMatchObject({ databases: ['crm', 'shop'] });
  rmSync(path.dirname(passfile), { recursive: true });
});

test('a server that lost all of them, or is another, is an error, and what was known stays', async () => {
  const here = await tenants('shop');
  const { vault, prefix } = here;
  await here.find(['PREFIX*']);
  const before = await here.document();
  await here.sql('DROP DATABASE PREFIXshop');
  await expect(here.find(['PREFIX*'])).rejects.toMatchObject({
    name: 'DumpError',
    problem: `the server has none of the databases any more that it had (${prefix}shop)`,
  });
  expect(await here.document()).toEqual(before);

  const other = { ...before, server: { ...before.server, systemIdentifier: '1' } };
  await vault.put(foundDatabasesKey(vault.prefix), JSON.stringify(other));
  await expect(here.find(['*'])).rejects.toMatchObject({
    name: 'ConfigError',
    problem: expect.stringContaining('the databases here are of another server'),
    hint: expect.stringContaining('npx pgvouch adopt --to'),
  });
});

test('a damaged document does not stand in the way', async () => {
  const here = await tenants('shop');
  await here.vault.put(foundDatabasesKey(here.vault.prefix), '{"format": "something else"}');
  expect(await here.find(['PREFIX*'])).toMatchObject({ databases: ['shop'], came: [`${here.prefix}shop`] });
  expect((await here.document()).databases).toHaveLength(1);
  expect(here.log.join('')).toContain('cannot be read');
});

test('one that was dropped before its dump is written down as gone, unless it is named', async () => {
  const here = await tenants('shop', 'crm');
  const { vault, prefix } = here;
  await here.find(['PREFIX*']);
  await here.sql('DROP DATABASE PREFIXcrm');
  const database = `${prefix}crm`;
  const { dump } = await world({ vault, inDatabase: `${prefix}shop` });
  const error = await dump(database).catch((thrown) => thrown);
  const deadline = startDeadline({ getRemainingTimeInMillis: () => 60_000 }, 'dump');
  const gone = (list: readonly string[], why: unknown) =>
    goneIfFound(
      { ...here.deps, clock: () => new Date('2026-11-22T03:00:00Z') },
      { database, deadline },
      sortPatterns(list) as DatabasePatterns,
      why,
    );
  try {
    await expect(gone([database, `${prefix}s*`], error)).rejects.toBe(error);
    await expect(gone(['*'], new Error('another'))).rejects.toThrow('another');
    expect(await here.document()).toMatchObject({ databases: [{}, {}], gone: [] });

    expect(await gone(['*'], error)).toEqual({ outcome: 'gone', database });
    expect(await here.document()).toMatchObject({
      ...{ databases: [{ name: `${prefix}shop` }], gone: [{ name: database, since: '2026-11-22T03:00:00.000Z' }] },
    });
    expect(await gone(['*'], error)).toEqual({ outcome: 'gone', database });
  } finally {
    deadline.clear();
  }
});
