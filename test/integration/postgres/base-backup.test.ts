import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chownSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { NOBODY } from '../../../layers/postgres/places/daemon.ts';
import { embeddedPostgres } from '../../../layers/postgres/places/embedded-installation.ts';
import type { BaseBackup } from '../../../layers/postgres/replication/base-backup.ts';
import { openWalsender, type Walsender } from '../../../layers/postgres/replication/walsender.ts';
import { runFolder } from '../../support/run/run-folder.ts';
import { installationOf } from '../../support/servers/installations.ts';
import { startTestPostgres, type TestPostgres } from '../../support/servers/postgres.ts';

const never = new AbortController().signal;

async function server(installation: string, settings: Record<string, string> = {}): Promise<TestPostgres> {
  const postgres = await startTestPostgres({ installation, settings: { full_page_writes: 'on', ...settings } });
  onTestFinished(() => postgres.end());
  return postgres;
}

async function open(postgres: TestPostgres, silentMs?: number): Promise<Walsender> {
  const walsender = await openWalsender(postgres.target, 'pgvouch base', silentMs);
  onTestFinished(() => walsender.end());
  return walsender;
}

/** All files, by their names, decompressed. */
async function readAll(base: BaseBackup): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for (let file = await base.nextFile(); file !== undefined; file = await base.nextFile()) {
    const chunks: Buffer[] = [];
    for await (const chunk of file.bytes) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    files.set(file.name.replace(/\.zst$/, ''), file.name.endsWith('.zst') ? zstdDecompressSync(bytes) : bytes);
  }
  return files;
}

function list(tar: Buffer): string[] {
  return execFileSync('tar', ['-tf', '-'], { input: tar, maxBuffer: 2 ** 26 })
    .toString()
    .split('\n');
}

async function addTablespace(postgres: TestPostgres): Promise<string> {
  const location = path.join(runFolder('tablespace'), 'there');
  mkdirSync(location);
  execFileSync('chmod', ['711', path.dirname(location)]);
  if (process.getuid?.() === 0) chownSync(location, NOBODY, NOBODY);
  await postgres.sql('postgres', `CREATE TABLESPACE there LOCATION '${location}'`);
  await postgres.sql('postgres', 'CREATE TABLE distant TABLESPACE there AS SELECT generate_series(1, 1000) AS number');
  return location;
}

test.each([
  { title: 'the embedded 18, which has no zstd', zstd: false, installation: async () => embeddedPostgres() },
  { title: "Debian's 15", zstd: true, installation: () => installationOf(15) },
  { title: "Debian's 17", zstd: true, installation: () => installationOf(17) },
  { title: "Debian's 18", zstd: true, installation: () => installationOf(18) },
])('$title: every tablespace is an archive, the manifest has its files, and the WAL is where it says', async (one) => {
  const postgres = await server(await one.installation());
  const location = await addTablespace(postgres);
  const walsender = await open(postgres);

  const base = await walsender.baseBackup({ label: "pgvouch's", signal: never });
  const files = await readAll(base);
  const { stopLsn, timeline } = await base.end();

  expect({ timeline, started: base.timeline, isCompressed: base.isCompressed }).toEqual({
    ...{ timeline: 1, started: 1, isCompressed: one.zstd },
  });
  expect(base.tablespaces.map((tablespace) => tablespace.location)).toEqual([location, undefined]);
  expect(base.tablespaces.every(({ sizeBytes }) => sizeBytes > 8_192)).toBe(true);
  const oid = base.tablespaces[0]?.oid;
  expect([...files.keys()]).toEqual([`${oid}.tar`, 'base.tar', 'backup_manifest']);
  const [distant = Buffer.alloc(0), main = Buffer.alloc(0), manifest = Buffer.alloc(0)] = files.values();
  expect(list(distant).some((name) => /^PG_\d+_\d+\/\d+\/\d+$/.test(name))).toBe(true);
  expect(list(main)).toEqual(expect.arrayContaining(['backup_label', 'tablespace_map', 'global/pg_control']));
  expect(base.contentBytes()).toBe(distant.length + main.length);
  const said = JSON.parse(manifest.toString()) as {
    readonly Files: readonly {
      readonly Path: string;
      readonly Checksum: string;
      readonly 'Checksum-Algorithm': string;
    }[];
  };
  const label = execFileSync('tar', ['-xOf', '-', 'backup_label'], { input: main, maxBuffer: 2 ** 26 });
  expect(said.Files.find(({ Path }) => Path === 'backup_label')).toMatchObject({
    ...{ 'Checksum-Algorithm': 'SHA256', Checksum: createHash('sha256').update(label).digest('hex') },
  });
  expect(label.toString()).toContain("LABEL: pgvouch's\n");
  expect(stopLsn).toBeGreaterThan(base.startLsn);

  // The connection is as good as new, and knows the server's clock.
  const before = await clock(postgres);
  const at = await walsender.serverTime(timeline, stopLsn, never);
  expect(at.getTime()).toBeGreaterThanOrEqual(before);
  expect(at.getTime()).toBeLessThanOrEqual((await clock(postgres)) + 1);
  expect((await walsender.identify()).flushedTo).toBeGreaterThanOrEqual(stopLsn);
  expect(await walsender.show('data_checksums')).toMatch(/^(on|off)$/);
});

async function clock(postgres: TestPostgres): Promise<number> {
  const [row] = await postgres.sql<{ at: Date }>('postgres', 'SELECT clock_timestamp() AS at');
  return row?.at.getTime() ?? 0;
}

/** As long as a walsender of this name is there. */
async function isThere(postgres: TestPostgres): Promise<boolean> {
  const rows = await postgres.sql('postgres', `SELECT FROM pg_stat_activity WHERE backend_type = 'walsender'`);
  return rows.length > 0;
}

async function large(): Promise<TestPostgres> {
  const postgres = await server(embeddedPostgres());
  await postgres.sql('postgres', `CREATE TABLE large AS SELECT repeat('x', 1000) AS x FROM generate_series(1, 60000)`);
  return postgres;
}

test('a base backup that nobody reads waits on the server, and ends there when its signal aborts', async () => {
  const postgres = await large();
  const walsender = await open(postgres);
  const stop = new AbortController();
  const base = await walsender.baseBackup({ label: 'slow', signal: stop.signal });
  const file = await base.nextFile();
  const bytes = file?.bytes[Symbol.asyncIterator]();
  await bytes?.next();
  expect(await isThere(postgres)).toBe(true);
  stop.abort(new Error('no time is left'));
  const reading = async () => {
    while (!(await bytes?.next())?.done);
  };
  await expect(reading()).rejects.toThrow('no time is left');
  while (await isThere(postgres));
});

test('a client that is frozen is given up by the server itself', async () => {
  const postgres = await large();
  const walsender = await open(postgres, 1_500);
  const stop = new AbortController();
  onTestFinished(() => stop.abort(new Error('the test is over')));
  const base = await walsender.baseBackup({ label: 'frozen', signal: stop.signal });
  await base.nextFile();
  while (await isThere(postgres));
});

test('what the server refuses is an error with a hint, and the connection goes on', async () => {
  const postgres = await server(embeddedPostgres());
  const walsender = await open(postgres);
  const increment = walsender.baseBackup({ label: 'increment', incremental: true, signal: never });
  await expect(increment).rejects.toMatchObject({ name: 'DumpError', problem: expect.stringContaining('summar') });
  expect(await walsender.identify()).toMatchObject({ timeline: 1 });
  async function* nonsense() {
    yield Buffer.from('{"PostgreSQL-Backup-Manifest-Version": 1}');
  }
  await expect(walsender.uploadManifest(nonsense(), never)).rejects.toMatchObject({ name: 'DumpError' });
});
