import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { takeMoment } from '../../../functions/by-hand/moment/take-moment.ts';
import { readCluster } from '../../../layers/catalog/read-cluster.ts';
import { NOBODY } from '../../../layers/postgres/places/daemon.ts';
import { embeddedPostgres } from '../../../layers/postgres/places/embedded-installation.ts';
import { openWalFeed } from '../../../layers/recovery/wal-feed.ts';
import type { Vault } from '../../../layers/vault/vault.ts';
import type { Base } from '../../../layers/wal/base.ts';
import type { Cluster } from '../../../layers/wal/cluster.ts';
import { baseKey, walFolder } from '../../../layers/wal/keys.ts';
import { isPlan, planRecovery } from '../../../layers/wal/recovery-plan.ts';
import { runFolder } from '../../support/run/run-folder.ts';
import { pgvouch, pgvouchProcess, variablesOf } from '../../support/servers/command-line.ts';
import type { TestPostgres } from '../../support/servers/postgres.ts';
import { recoveryWorld } from '../../support/world/recovery-world.ts';
import { mayMount, type SmallDisk, smallDisk } from '../../support/world/small-disk.ts';
import { recovering, startStoredCluster, storeWal } from '../../support/world/stored-cluster.ts';
import { clientPrograms } from '../../support/world/world.ts';
import { freshVault } from '../../support/world/world-vault.ts';

const MIB = 1024 ** 2;

let vault: Vault;
let postgres: TestPostgres;
let cluster: Cluster;
let env: Record<string, string>;
/** A segment that is stored as a whole. */
let segment: string;

beforeAll(async () => {
  // PostgreSQL's user, who calls wal-fetch, could keep no bundle of it.
  await pgvouchProcess({}, '--version');
  ({ vault } = await freshVault());
  const stored = await startStoredCluster(vault);
  ({ postgres, cluster } = stored);
  env = variablesOf(vault, postgres.target);
  for (const row of [1, 2, 3]) {
    await postgres.sql('postgres', `INSERT INTO rows VALUES (${row}); SELECT pg_switch_wal()`);
  }
  await storeWal(vault, cluster, stored.server);
  const keys = (await vault.listAll(walFolder(vault.prefix, cluster.systemIdentifier))).map(({ key }) => key);
  segment = path.basename(keys[0] ?? '', '.zst');
});
afterAll(() => postgres?.end());

/** A folder for a data directory, on a disk of its own. */
function dataOn(sizeBytes: number): SmallDisk & { readonly dataDir: string } {
  const disk = smallDisk(runFolder('disk'), sizeBytes);
  const dataDir = path.join(disk.folder, 'data');
  mkdirSync(dataDir);
  chownSync(dataDir, NOBODY, NOBODY);
  return { ...disk, dataDir };
}

const restore = (dataDir: string) => pgvouch(env, 'restore', '--to-dir', dataDir);

describe.runIf(mayMount())('where the disk is full', () => {
  test('restore --to-dir says so, leaves nothing, and names what is short before it begins', async () => {
    const { dataDir } = dataOn(8 * MIB);
    expect(await restore(dataDir)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/the cluster's files have \d+ bytes, but only \d+ are free there\n/),
    });

    // As if somebody else filled it meanwhile.
    const base = await baseThatLooksSmall();
    const result = await restore(dataDir);
    await base.asBefore();
    expect(result).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/unpack into .*data: .*No space left on device.*\n.*see that the disk has room/s),
    });
    expect(readdirSync(dataDir)).toEqual([]);
  });

  test('wal-fetch fails, so that recovery does not end; PostgreSQL goes on once there is room, with every row', async () => {
    const disk = dataOn(512 * MIB);
    const { dataDir } = disk;
    expect(await restore(dataDir)).toMatchObject({ exitCode: 0 });
    disk.leave(8 * MIB);
    const folder = path.join(dataDir, 'pgvouch-recovery');
    const target = path.join(dataDir, 'pg_wal/RECOVERYXLOG');
    const fetch = (file: string, to = target) => pgvouch(env, 'wal-fetch', '--recovery', folder, file, to);
    expect(await fetch(segment)).toMatchObject({
      exitCode: 170,
      stderr: expect.stringMatching(/^pgvouch: write .*RECOVERYXLOG: the disk is full: ENOSPC.*\n.*make room/),
    });
    expect(readdirSync(path.dirname(target))).not.toContain('RECOVERYXLOG');

    await expect(recovering(dataDir, postgres.target)).rejects.toThrow('start the embedded PostgreSQL');
    const log = readFileSync(path.join(disk.folder, 'data.log'), 'utf8');
    expect(log).toMatch(/RECOVERYXLOG: the disk is full: .*FATAL: {2}could not restore file .*exit code 170/s);
    disk.leave(256 * MIB);
    const server = await recovering(dataDir, postgres.target);
    try {
      expect(await server.sql('postgres', 'SELECT array_agg(number ORDER BY number) AS all FROM rows')).toEqual([
        { all: [1, 2, 3] },
      ]);
    } finally {
      await server.end();
    }
  });

  // There is no room for a segment; there is room for one where it lies ready, and none where PostgreSQL reads it.
  test.each([8, 24])('in the place of a drill, with %d MiB left: readable, and nothing is left', async (leftMib) => {
    const disk = smallDisk(runFolder('drills'), 900 * MIB);
    const { drill, verdict } = recoveryWorld(filling(disk, leftMib * MIB), cluster);
    await drill(undefined, { place: { installations: [embeddedPostgres()], folder: disk.folder } });
    expect(await verdict()).toMatchObject({
      verdict: 'readable',
      reasons: [expect.stringMatching(/^The recovery ran out of disk or memory: .*(No space left on device|ENOSPC)/s)],
    });
    expect(readdirSync(disk.folder)).toEqual([]);
  });

  test('in the place of a table as of a moment: it says what to do, and nothing is left', async () => {
    const disk = smallDisk(runFolder('moments'), 900 * MIB);
    const through = filling(disk, 8 * MIB);
    const stored = await readCluster(through, cluster);
    const plan = planRecovery(stored, { kind: 'latest' });
    if (!isPlan(plan)) throw new Error('it can be recovered');
    const deps = {
      ...{ vault: through, clientPrograms, roles: ['postgres'], clock: () => new Date() },
      ...{ onRemark: () => {}, onDone: () => {}, onProgress: () => {} },
      place: { installations: [embeddedPostgres()], folder: disk.folder },
    };
    const request = { stored, plan, database: 'postgres', tables: [], fingerprints: false };
    await expect(takeMoment(deps, { ...request, signal: AbortSignal.timeout(100_000) })).rejects.toMatchObject({
      problem: expect.stringContaining('ENOSPC'),
      hint: expect.stringContaining('DRILL_FOLDER'),
    });
    expect(readdirSync(disk.folder)).toEqual([]);
  });

  test('where PostgreSQL reads a segment that lies ready: its command fails, and leaves no part of it', async () => {
    const disk = smallDisk(runFolder('feed'), 900 * MIB);
    const stored = await readCluster(vault, cluster);
    const objects = stored.holdings.objects.slice(0, 1);
    const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
    const { systemIdentifier } = cluster;
    const feed = await openWalFeed({
      ...{ vault, systemIdentifier, holdings: stored.holdings, objects, owner },
      ...{ folder: path.join(disk.folder, 'wal'), signal: AbortSignal.timeout(100_000) },
    });
    try {
      disk.leave(20 * MIB);
      const command = feed.restoreCommand.replace('%f', segment).replace('%p', path.join(disk.folder, 'read'));
      const child = spawn('sh', ['-c', command], { stdio: ['ignore', 'ignore', 'pipe'] });
      const said = text(child.stderr);
      const [exitCode] = await once(child, 'exit');
      expect({ exitCode, said: await said }).toEqual({ exitCode: 170, said: expect.stringContaining('No space left') });
      expect(readdirSync(disk.folder)).toEqual(['wal']);
    } finally {
      feed.close();
    }
  });
});

/** The vault, of which the first segment that is read finds the disk full. */
function filling(disk: SmallDisk, leftBytes: number): Vault {
  let filled = false;
  return {
    ...vault,
    async getBytes(...args) {
      if (!filled && args[0].includes('/wal/')) {
        filled = true;
        disk.leave(leftBytes);
      }
      return vault.getBytes(...args);
    },
  };
}

async function baseThatLooksSmall() {
  const { systemIdentifier } = cluster;
  const found = (await vault.listAll()).find(({ key }) => key.endsWith('/base.json'))?.key ?? '';
  const text = (await vault.getText(found)) ?? '';
  const base: Base = JSON.parse(text);
  expect(found).toBe(baseKey(vault.prefix, { systemIdentifier, startedAt: new Date(base.startedAt) }));
  await vault.put(found, JSON.stringify({ ...base, contentBytes: 1000 }));
  return { asBefore: () => vault.put(found, text) };
}
