import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { parseFoundDatabases } from '../../../layers/backup/found-databases.ts';
import { foundDatabasesKey } from '../../../layers/backup/keys.ts';
import { parseManifest } from '../../../layers/backup/manifest.ts';
import { openVault } from '../../../layers/vault/vault.ts';
import { runFolder } from '../../support/run/run-folder.ts';
import { pgvouch, variablesOf } from '../../support/servers/command-line.ts';
import { endServices, serviceVariables, startService } from '../../support/servers/service.ts';
import { webhookServer } from '../../support/servers/webhook-server.ts';
import { clearWorlds, sharedPostgres } from '../../support/world/world.ts';
import { freshVaultConfig, keysOf } from '../../support/world/world-vault.ts';

afterAll(async () => {
  await endServices();
  await clearWorlds();
});

test('all databases of a server: found at each firing, dumped one after another, and gone when they are', async () => {
  const postgres = await sharedPostgres();
  const prefix = `f${randomUUID().slice(0, 6)}_`;
  for (const name of ['shop', 'crm', 'tenant', 'scratch_1']) await postgres.createDatabase(prefix + name);
  await postgres.sql(`${prefix}shop`, 'CREATE TABLE item AS SELECT generate_series(1, 20000) AS id');
  await postgres.sql('postgres', `ALTER DATABASE ${prefix}tenant ALLOW_CONNECTIONS false`);
  const vault = openVault(freshVaultConfig());
  const { POSTGRES_DB: _, ...variables } = variablesOf(vault, postgres.target);
  const databases = {
    [`${prefix}*`]: null,
    [`!${prefix}scratch_*`]: null,
    [`${prefix}s*`]: { fingerprint: 'content' },
  };
  const file = path.join(runFolder('configuration'), `${prefix}pgvouch.yaml`);
  await writeFile(file, stringify({ server: { databases } }));
  const env = { ...variables, PGVOUCH_CONFIG: file };
  const pinged = await webhookServer(200);
  const service = startService({
    ...{ ...(await serviceVariables()), ...env, DUMP_SCHEDULE: 'rate(1 day)' },
    BACKUP_PING_URL: `${pinged.url}/{database}`,
  });
  const metrics = async () => (await fetch(`${service.url}/metrics`)).text();

  // The first start finds at once, and what it found is dumped.
  await service.logged({ msg: 'databases found', databases: 2, came: 2, went: 0 });
  for (const name of ['shop', 'crm']) {
    await service.logged({ msg: 'dump finished', name: 'dump', database: prefix + name });
  }
  const manifests = (await keysOf(vault)).filter((key) => key.endsWith('manifest.json'));
  const read = await Promise.all(manifests.map(async (key) => parseManifest((await vault.getText(key)) ?? '', key)));
  expect(read.map(({ database }) => database).sort()).toEqual([`${prefix}crm`, `${prefix}shop`]);
  // The functions have from the file what is different for a database.
  const prints = read.map(({ database, tables }) => [database, tables.map(({ fingerprint }) => typeof fingerprint)]);
  expect(Object.fromEntries(prints)).toEqual({ [`${prefix}shop`]: ['string'], [`${prefix}crm`]: [] });
  const [firing] = service.log().filter(({ msg }) => msg === 'databases found');
  expect(new Set(read.map(({ firedAt }) => firedAt))).toEqual(new Set([firing?.firedAt]));
  expect(new Set(read.map(({ globals }) => globals.key)).size).toBe(1);
  // Each has a dead-man's switch of its own, though none is named.
  const starts = () => pinged.posts.flatMap(({ path }) => /(\w+)\/start\?/.exec(path)?.[1] ?? []).sort();
  await vi.waitFor(() => expect(starts()).toEqual([`${prefix}crm`, `${prefix}shop`]), 60_000);
  // One after another.
  const [one, other] = read.sort((a, b) => Date.parse(a.finishedAt) - Date.parse(b.finishedAt));
  expect(Date.parse(other?.snapshotAt ?? '')).toBeGreaterThan(Date.parse(one?.finishedAt ?? ''));
  await vi.waitFor(async () => {
    const text = await metrics();
    for (const name of ['shop', 'crm']) {
      expect(text).toContain(`pgvouch_database_configured{database="${prefix}${name}"} 1`);
    }
    // The second waits as long as the first took.
    expect(text).toMatch(new RegExp(`pgvouch_dump_wait_seconds\\{database="${prefix}\\w+"\\} \\d*\\.\\d+\n`));
    expect(text).toContain('pgvouch_databases_unknown 0');
    expect(text).not.toContain(`${prefix}tenant`);
  }, 60_000);

  // The next firing, here by hand: one came, one is gone, and the biggest of the others comes first.
  await postgres.sql('postgres', `ALTER DATABASE ${prefix}tenant ALLOW_CONNECTIONS true`);
  await postgres.sql('postgres', `DROP DATABASE ${prefix}crm`);
  const dumped = await pgvouch(env, 'dump');
  expect(dumped).toMatchObject({ exitCode: 0 });
  expect(dumped.stdout.match(new RegExp(`^${prefix}\\w+`, 'gm'))).toEqual([`${prefix}tenant`, `${prefix}shop`]);
  const listed = await pgvouch(env, 'list');
  expect(listed.stdout).toMatch(new RegExp(`${prefix}crm/.*gone from the server since 20`));
  expect(listed.stdout.match(/gone from the server/g)).toHaveLength(1);
  await vi.waitFor(async () => {
    const text = await metrics();
    expect(text).toContain(`pgvouch_database_configured{database="${prefix}crm"} 0`);
    expect(text).toContain(`pgvouch_database_gone_timestamp_seconds{database="${prefix}crm"}`);
    expect(text).toContain(`pgvouch_database_configured{database="${prefix}tenant"} 1`);
  }, 60_000);

  // The databases of another server, in the place of this one: a person says that it is meant.
  const document = foundDatabasesKey(vault.prefix);
  const found = parseFoundDatabases((await vault.getText(document)) ?? '', document);
  await vault.put(document, JSON.stringify({ ...found, server: { ...found.server, systemIdentifier: '1' } }));
  expect(await pgvouch(env, 'dump')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('pgvouch adopt') });
  const adopted = await pgvouch(env, 'adopt');
  expect(adopted).toMatchObject({ exitCode: 0 });
  for (const name of ['shop', 'tenant', 'crm']) expect(adopted.stdout).toContain(`${prefix}${name}: backed up from `);
  expect(await pgvouch(env, 'dump')).toMatchObject({ exitCode: 0 });

  expect(await service.end()).toMatchObject({ exitCode: 0 });
  expect(service.log().filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
});
