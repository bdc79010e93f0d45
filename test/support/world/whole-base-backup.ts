import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chownSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { expect } from 'vitest';
import { NOBODY } from '../../../layers/postgres/places/daemon.ts';
import type { BaseBackup } from '../../../layers/postgres/replication/base-backup.ts';
import { openWalsender, type Walsender } from '../../../layers/postgres/replication/walsender.ts';
import { runFolder } from '../run/run-folder.ts';
import { startTestPostgres, type TestPostgres } from '../servers/postgres.ts';

const never = new AbortController().signal;

/** Expects that every tablespace of a server is an archive, that the manifest has its files, and that the WAL is where it says. */
export async function expectWholeBaseBackup(installation: string, { zstd }: { readonly zstd: boolean }): Promise<void> {
  const postgres = await startTestPostgres({ installation, settings: { full_page_writes: 'on' } });
  const walsender = await openWalsender(postgres.target, 'pgvouch base');
  try {
    await expectWhole(postgres, walsender, zstd);
  } finally {
    await walsender.end();
    await postgres.end();
  }
}

async function expectWhole(postgres: TestPostgres, walsender: Walsender, zstd: boolean): Promise<void> {
  const location = await addTablespace(postgres);

  const base = await walsender.baseBackup({ label: "pgvouch's", signal: never });
  const files = await readAll(base);
  const { stopLsn, timeline } = await base.end();

  expect({ timeline, started: base.timeline, isCompressed: base.isCompressed }).toEqual({
    ...{ timeline: 1, started: 1, isCompressed: zstd },
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
}

async function clock(postgres: TestPostgres): Promise<number> {
  const [row] = await postgres.sql<{ at: Date }>('postgres', 'SELECT clock_timestamp() AS at');
  return row?.at.getTime() ?? 0;
}

/** All files, by their names, decompressed. */
async function readAll(base: BaseBackup): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for (let file = await base.nextFile(); file !== undefined; file = await base.nextFile()) {
    const chunks: Buffer[] = [];
    for await (const chunk of file.bytes) chunks.push(Buffer.from(chunk));
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
