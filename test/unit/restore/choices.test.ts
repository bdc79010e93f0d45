import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ACCEPTABLE, chooseBackup } from '../../../functions/by-hand/restore/choose-backup.ts';
import { stockCommands } from '../../../functions/by-hand/restore/stock-commands.ts';
import { chooseTables } from '../../../layers/backup/choose-tables.ts';
import type { Manifest } from '../../../layers/backup/manifest.ts';
import { VERDICTS } from '../../../layers/backup/verdict.ts';
import type { Backup } from '../../../layers/catalog/backups.ts';
import { standingOf } from '../../../layers/catalog/standing.ts';
import type { ClientPrograms } from '../../../layers/postgres/programs/client-programs.ts';
import { chooseClient } from '../../../layers/restoring/choose-client.ts';
import { tableArguments } from '../../../layers/restoring/choose-tables.ts';
import { sampleManifest } from '../../support/world/sample-manifest.ts';

const NOON = new Date('2026-11-23T12:00:00Z').getTime();

function backup(index: number, verdict: Backup['verdict'], complete = true): Backup & { readonly manifest: Manifest } {
  const firedAt = new Date(NOON - index * 3_600_000);
  const manifest = sampleManifest({ database: 'shop', firedAt });
  const marks = { drill: undefined, marks: [], retired: undefined, kept: undefined, accepted: undefined };
  const nothing = { archives: [], globals: [], manifest: undefined, verdicts: [], ...marks };
  return {
    entry: { database: 'shop', firedAt, verdict, ...nothing },
    ...{ manifest, snapshotAt: new Date(manifest.snapshotAt), verdict, complete, kept: false, retired: undefined },
  };
}

const catalogs = fc
  .array(fc.tuple(fc.constantFrom(...VERDICTS, undefined), fc.boolean()), { minLength: 1, maxLength: 8 })
  .map((list) => list.map(([verdict, complete], index) => backup(index, verdict, complete)));
const wantedOnes = fc.oneof(
  fc.constant({ kind: 'latest' as const }),
  fc
    .integer({ min: -1, max: 9 })
    .map((hours) => ({ kind: 'at' as const, at: new Date(NOON - hours * 3_600_000 + 5_000) })),
  fc
    .integer({ min: 0, max: 9 })
    .map((hours) => ({ kind: 'backup' as const, firedAt: new Date(NOON - hours * 3_600_000) })),
);

test('what is chosen is the newest of those wanted that may be restored; a corrupt one never is', () => {
  const property = fc.property(catalogs, wantedOnes, fc.subarray([...ACCEPTABLE]), (backups, wanted, accept) => {
    const may = (one: Backup) => ['restorable', ...accept].includes(standingOf(one));
    const fits = (one: Backup) =>
      wanted.kind === 'latest' ||
      (wanted.kind === 'at' ? one.snapshotAt <= wanted.at : one.entry.firedAt.getTime() === wanted.firedAt.getTime());
    const best = backups.find((one) => may(one) && fits(one));
    if (best) {
      const chosen = chooseBackup('shop', backups, wanted, accept);
      expect(chosen).toBe(best);
      expect(chosen.verdict).not.toBe('corrupt');
      expect(chosen.complete).toBe(true);
    } else {
      const name = backups.some(fits) ? 'PolicyError' : 'ConfigError';
      expect(() => chooseBackup('shop', backups, wanted, accept)).toThrow(expect.objectContaining({ name }));
    }
  });
  fc.assert(property);
});

test.each([
  ['readable', '--accept readable'],
  [undefined, '--accept unverified'],
  ['unrestorable', '--accept unrestorable'],
  ['corrupt', 'choose another'],
] as const)('a %s one is refused with a hint', (verdict, hint) => {
  expect(() => chooseBackup('shop', [backup(0, verdict)], { kind: 'latest' }, [])).toThrow(
    expect.objectContaining({ name: 'PolicyError', hint: expect.stringContaining(hint) }),
  );
});

test('a database without backups', () => {
  expect(() => chooseBackup('shop', [], { kind: 'latest' }, [])).toThrow('there is no backup of this database');
});

const clients = [15, 17, 18].map((major) => ({ major }) as ClientPrograms);
const archiveOf = (oldestPgRestore: number) => {
  const manifest = sampleManifest({ database: 'shop', firedAt: new Date(NOON) });
  return { ...manifest, archive: { ...manifest.archive, oldestPgRestore } };
};

test.each([
  [12, 15, 15, false],
  [12, 14, 15, false],
  [12, 16, 17, true],
  [17, 15, 17, true],
  [17, 16, 17, true],
  [17, 17, 17, false],
  [17, 18, 18, false],
  [12, 19, 18, false],
])('an archive for pg_restore %i and a server %i take client %i', (oldest, server, major, olderServer) => {
  expect(chooseClient(clients, archiveOf(oldest), server)).toEqual({ client: { major }, olderServer });
});

test('no client that can read the archive', () => {
  expect(() => chooseClient(clients.slice(0, 1), archiveOf(17), 15)).toThrow('it needs pg_restore 17 or newer');
});

const table = (schema: string, name: string) => ({ schema, name, rows: 1 });

test('tables by name, by qualified name, and with dots in either', () => {
  const [a, b, dotted] = [table('public', 'a'), table('s', 'b'), table('s', 'x.y')];
  const tables = [a, b, dotted, table('public', 'both'), table('s', 'both')];
  expect(chooseTables({ tables }, ['a'])).toEqual([a]);
  expect(chooseTables({ tables }, ['s.b', 'b', 'x.y', 's.x.y'])).toEqual([b, dotted]);
  expect(tableArguments([a ?? table('', '')])).toEqual(['--schema=public', '--table=a']);
  expect(() => chooseTables({ tables }, ['both'])).toThrow('2 tables are called both');
  expect(chooseTables({ tables }, ['x*', 's.b'])).toEqual([dotted, b]);
  expect(() => chooseTables({ tables }, ['y*'])).toThrow('no rows of any table that matches y*');
  expect(() => chooseTables({ tables }, ['A'])).toThrow('no rows of a table named A');
  // pg_restore would take s.both along; and what is no table, too, of which the manifest knows nothing.
  expect(() => tableArguments(chooseTables({ tables }, ['public.both', 's.b']))).toThrow('in 2 schemas (public, s)');
});

test('the printed commands on AWS: no endpoint, no password, every odd name quoted', () => {
  const target = { host: 'db', port: 5432, user: "o'neil", password: 'hunter2', sslMode: 'require' as const };
  const script = stockCommands(
    { bucket: 'backups', server: undefined, region: 'eu-central-1' },
    {
      backup: backup(0, 'restorable'),
      to: { target: { ...target, sslRootCert: undefined, connectTimeoutMs: 10_000 }, database: "it's" },
      options: {
        ...{ tables: ['orders'], jobs: 4, create: true, clean: undefined, globals: false, without: ['--no-owner'] },
        ...{ complete: false, goOn: false, lose: false, analyze: true, properties: true },
        temporaryFolder: '/tmp',
      },
    },
  );
  expect(script).not.toMatch(/hunter2|endpoint|globals/);
  expect(script).toContain(`PGUSER='o'\\''neil' PGSSLMODE=require`);
  expect(script).toContain('aws s3 cp s3://backups/pgvouch/shop/2026-11-23T12-00-00Z/archive-');
  expect(script).toContain(`--command='CREATE DATABASE "it'\\''s" TEMPLATE template0`);
  expect(script).toContain(
    '--jobs=4 --exit-on-error --no-owner --schema=public --table=orders shop-2026-11-23T12-00-00Z.dump',
  );
});

test('the printed commands prepare the database for an archive that something was left out of, and say so', () => {
  const chosen = backup(0, 'restorable');
  const leftOut = {
    ...{ patterns: [{ variable: 'DUMP_INCLUDE_SCHEMA' as const, pattern: 'public', matched: 1 }], schemas: ['ext'] },
    ...{ relations: [], rows: [], largeObjects: 0, needs: [], schemasToCreate: ["e'xt"], createsPublic: true },
  };
  const target = { host: 'db', port: 5432, user: 'u', password: undefined, sslMode: 'require' as const };
  const script = stockCommands(
    { bucket: 'backups', server: undefined, region: 'eu-central-1' },
    {
      backup: { ...chosen, manifest: { ...chosen.manifest, leftOut } },
      to: { target: { ...target, sslRootCert: undefined, connectTimeoutMs: 10_000 }, database: 'shop' },
      options: {
        ...{ tables: [], jobs: 1, create: true, clean: undefined, globals: false, without: [] },
        ...{ goOn: false, properties: true, temporaryFolder: '/tmp', complete: false, lose: false, analyze: false },
      },
    },
  );
  expect(script).toContain('# it is partial: only schema public\n');
  const statements = Array.from(script.matchAll(/--command='(.*)'$/gm), ([, sql]) =>
    sql?.split(' ').slice(0, 5).join(' '),
  );
  expect(statements).toEqual([
    'CREATE DATABASE "shop" TEMPLATE template0',
    'DROP SCHEMA IF EXISTS public',
    'CREATE SCHEMA IF NOT EXISTS',
  ]);
});
