import { expect, test } from 'vitest';
import { backupShape } from '../../../layers/api/backup-shape.ts';
import { beginProgress } from '../../../layers/backup/drill-progress.ts';
import { acceptedKey, drillKey, manifestKey, serverKey } from '../../../layers/backup/keys.ts';
import { parseManifest } from '../../../layers/backup/manifest.ts';
import { readBackups } from '../../../layers/catalog/backups.ts';
import { readDrillStand } from '../../../layers/catalog/drill-stand.ts';
import { pgvouch, variablesOf } from '../../support/servers/command-line.ts';
import { deviationsFrom } from '../../support/status/api-description.ts';
import { storeBackup } from '../../support/world/stored-backup.ts';
import { sharedPostgres } from '../../support/world/world.ts';
import { freshVault } from '../../support/world/world-vault.ts';

const firedAt = new Date('2026-06-01T02:00:00Z');
const leftOut = {
  patterns: [
    { variable: 'DUMP_EXCLUDE_SCHEMA' as const, pattern: 'audit', matched: 1 },
    { variable: 'DUMP_EXCLUDE_TABLE_DATA' as const, pattern: 'public.typo', matched: 0 },
  ],
  ...{ schemas: ['audit'], relations: [], rows: [], largeObjects: 0, schemasToCreate: [], createsPublic: false },
  needs: [{ object: 'view public.recent', of: 'table audit.log' }],
};
const remarks = [
  { lacks: 'subscription s', text: 'The subscription s is not in the backup: the role may not read it.' },
  { text: 'pg_dump warned: something else.' },
];

test('what a backup is without: list has it in a few words, show in all', async () => {
  const { vault } = await freshVault();
  await storeBackup(vault, { firedAt, verdict: 'readable', manifest: { leftOut, remarks } });
  const env = variablesOf(vault, (await sharedPostgres()).target);
  expect(await pgvouch(env, 'list')).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/ readable +without schema audit; without subscription s\n/),
  });
  const { stdout } = await pgvouch(env, 'show', 'latest');
  const lines = stdout.split('\n').map((line) => line.trim().replace(/ {2,}/g, ' '));
  for (const line of [
    'left out partial: without schema audit',
    'without 1 schema: audit',
    '! DUMP_EXCLUDE_TABLE_DATA public.typo matched nothing',
    '! view public.recent needs table audit.log, which is left out',
    `remarks ${remarks[0]?.text}`,
    `${remarks[1]?.text}`,
  ]) {
    expect(lines).toContain(line);
  }
  const [listed] = JSON.parse((await pgvouch(env, 'list', '--json')).stdout);
  expect(deviationsFrom('Backup', listed)).toEqual([]);
  expect(listed).toMatchObject({ leftOut: 'without schema audit', remarks: remarks.map(({ text }) => text) });
});

test('a drill that goes on in the next run: list and show say how far it is', async () => {
  const { vault } = await freshVault();
  const stored = await storeBackup(vault, { firedAt });
  const manifest = parseManifest((await vault.getText(manifestKey(vault.prefix, stored))) ?? '', '');
  const found = { reading: { sizeBytes: 1, sha256: '' }, client: '18.1', pieceBytes: 1, headBytes: 1, blocks: [] };
  const begun = { ...beginProgress(manifest, found, firedAt), runs: 2, done: 3, plan: [[1], [2], [3], [4]] };
  await vault.put(drillKey(vault.prefix, stored), JSON.stringify(begun));
  const env = variablesOf(vault, (await sharedPostgres()).target);
  expect((await pgvouch(env, 'list')).stdout).toMatch(/ not verified yet +drill: 3 of 7 pieces done\n/);
  expect((await pgvouch(env, 'show', 'latest')).stdout).toMatch(
    /\n +a drill in pieces is under way: 3 of 7 pieces came back equal, in 2 runs since 2026-06-01 02:00 UTC\n/,
  );
  const [backup] = (await readBackups(vault)).backups;
  if (backup === undefined) return expect.unreachable('there is one');
  const stand = await readDrillStand(vault, backup);
  expect(backupShape(backup, firedAt, stand).drill).toEqual({
    proved: 3,
    pieces: 7,
    runs: 2,
    startedAt: begun.startedAt,
  });
  // Of another archive: it begins anew.
  await vault.put(drillKey(vault.prefix, stored), JSON.stringify({ ...begun, archiveKey: 'another' }));
  expect(await readDrillStand(vault, backup)).toBeUndefined();
});

test('accept: a database that holds next to nothing is said so until a person accepts it, and why', async () => {
  const { vault } = await freshVault();
  const fall = { since: '2026-05-31T02:00:00.000Z', tables: 3, rows: 50_000 };
  const stored = await storeBackup(vault, { firedAt, verdict: 'restorable', manifest: { fall } });
  const env = variablesOf(vault, (await sharedPostgres()).target);
  const fallen = 'HOLDS NEXT TO NOTHING of 3 tables with 50,000 rows before';
  expect((await pgvouch(env, 'list')).stdout).toContain(fallen);
  expect((await pgvouch(env, 'show', 'latest')).stdout).toMatch(
    /fallen +from 3 tables with 50,000 rows in the backup of 2026-05-31/,
  );

  expect(await pgvouch(env, 'accept', '--database', 'shop', '--reason', 'moved to the archive')).toMatchObject({
    exitCode: 0,
    stdout: 'shop/2026-06-01T02-00-00Z: accepted as it is; later backups are compared with it, and retention goes on\n',
  });
  expect(JSON.parse((await vault.getText(acceptedKey(vault.prefix, stored))) ?? '')).toMatchObject({
    reason: 'moved to the archive',
  });
  expect((await pgvouch(env, 'list')).stdout).not.toContain(fallen);
  expect((await pgvouch(env, 'show', 'latest')).stdout).toContain('; accepted by hand');

  await storeBackup(vault, { firedAt: new Date('2026-06-02T02:00:00Z') });
  expect((await pgvouch(env, 'accept')).stdout).toContain('nothing to accept');
});

test('adopt: the configured server, which is asked, or one as a refused dump named it', async () => {
  const { vault } = await freshVault();
  const { target, sql } = await sharedPostgres();
  const env = { ...variablesOf(vault, target), POSTGRES_DB: 'postgres' };
  const [row] = await sql<{ id: string }>('postgres', 'SELECT system_identifier::text AS id FROM pg_control_system()');
  const adopted = async () => JSON.parse((await vault.getText(serverKey(vault.prefix, 'postgres'))) ?? '');
  const asked = await pgvouch(env, 'adopt', '--reason', 'moved');
  expect(asked.stdout).toBe(`postgres: backed up from ${row?.id}@${target.host}:${target.port} from now on\n`);
  expect(await adopted()).toMatchObject({ reason: 'moved', server: { systemIdentifier: row?.id } });

  const named = await pgvouch(env, 'adopt', '--to', '7431234567890123456@db.internal:5432', '--json');
  expect(JSON.parse(named.stdout)).toEqual([{ database: 'postgres', server: '7431234567890123456@db.internal:5432' }]);
  expect(await adopted()).toMatchObject({ server: { name: 'db.internal:5432' } });

  expect(await pgvouch(env, 'adopt', '--to', 'db.internal')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringMatching(
      /this does not name a server\nHint: copy it from the hint of the dump that was refused/,
    ),
  });
});
