import { describe, expect, test } from 'vitest';
import type { RetentionOptions } from '../../../functions/retention/run.ts';
import { formatFiredAt } from '../../../layers/backup/instant.ts';
import { readCluster, readClusters } from '../../../layers/catalog/read-cluster.ts';
import type { Vault } from '../../../layers/vault/vault.ts';
import {
  baseFileKey,
  baseFolder,
  baseKey,
  baseMarkKey,
  baseVerdictKey,
  clusterKey,
  parseClusterKey,
  walFolder,
  windowKey,
} from '../../../layers/wal/keys.ts';
import { parseRetiredBase } from '../../../layers/wal/retired-base.ts';
import { pgvouch, variablesOf } from '../../support/servers/command-line.ts';
import { storeSampleCluster } from '../../support/world/sample-cluster.ts';
import { type BaseFacts, baseOf } from '../../support/world/stored-bases.ts';
import { WAL_CLUSTER, WAL_SEGMENT, wholeAt } from '../../support/world/wal-listing.ts';
import { sharedPostgres } from '../../support/world/world.ts';
import {
  DAY_MS,
  daysAgo,
  OUTLIVED_MS,
  prefix,
  retentionWorld,
  tagged,
  yesterday,
} from '../../support/world/world-retention.ts';
import { keysOf } from '../../support/world/world-vault.ts';

const OTHER_ATTEMPT = 'ffffffff-5b1f-4c2d-8e6a-1f2b3c4d5e6f';
const nameAt = (age: number) => ({ systemIdentifier: WAL_CLUSTER, startedAt: daysAgo(age) });

/** Of the day so long ago is the segment that many before the hundredth. */
const segmentOf = (age: number) => 100 - age;

/**
 * A cluster with a segment of WAL a day for sixty days, and base backups of the given ages. The store dates everything
 * today, so listings are given the dates that the WAL would have.
 */
async function world(ages: readonly number[]) {
  const found = await retentionWorld();
  const { vault } = found;
  const cluster = { format: 'pgvouch/cluster', formatVersion: 1, systemIdentifier: WAL_CLUSTER, major: 18 };
  const key = clusterKey(prefix, WAL_CLUSTER);
  await vault.put(key, JSON.stringify({ ...cluster, segmentSizeBytes: WAL_SEGMENT, createdAt: daysAgo(60) }));
  for (let age = 60; age >= 0; age--) await vault.put(wholeAt(1, segmentOf(age)).key, 'WAL');
  await sayWindow(vault, 7);
  for (const age of ages) await storeBaseAt(vault, age);
  const past: Vault = {
    ...vault,
    async *listPages(...args) {
      for await (const page of vault.listPages(...args)) yield page.map(backdated);
    },
  };
  const run = (changes: Partial<RetentionOptions> = {}) => found.run(changes, past);
  const segments = async () =>
    (await keysOf(vault)).filter((one) => one.startsWith(walFolder(prefix, WAL_CLUSTER)) && one.endsWith('.zst'))
      .length;
  return { ...found, vault, run, segments };
}

function backdated<T extends { readonly key: string; readonly modifiedAt: Date }>(object: T): T {
  const parsed = parseClusterKey(prefix, object.key);
  if (parsed?.kind !== 'segment') return object;
  const number = Number.parseInt(parsed.name.slice(16), 16);
  return { ...object, modifiedAt: daysAgo(100 - number) };
}

/** As whoever archives the cluster says it. */
const sayWindow = (vault: Vault, days: number) => vault.put(windowKey(prefix, WAL_CLUSTER, days), '{}');

async function storeBaseAt(vault: Vault, age: number, facts: Partial<BaseFacts> = {}): Promise<void> {
  const startLsn = BigInt(segmentOf(age) * WAL_SEGMENT + 0x28);
  const { base } = baseOf({ startedAt: daysAgo(age), startLsn, stopLsn: startLsn + 0x100n, ...facts });
  const name = nameAt(age);
  for (const { file } of [...base.tablespaces, base.manifest]) {
    await vault.put(baseFileKey(prefix, name, base.attempt, file), 'bytes');
  }
  await vault.put(baseKey(prefix, name), JSON.stringify(base));
  await vault.put(baseVerdictKey(prefix, name, facts.verdict ?? 'restorable'), '{}');
}

async function retireAt(vault: Vault, age: number, removeAfter: Date): Promise<void> {
  const mark = { format: 'pgvouch/retired', formatVersion: 1, systemIdentifier: WAL_CLUSTER, startedAt: daysAgo(age) };
  const text = JSON.stringify({ ...mark, retiredAt: daysAgo(20), removeAfter, reasons: ['before the window of 7d'] });
  await vault.put(baseMarkKey(prefix, nameAt(age), 'retired'), text);
}

type Outcome = Awaited<ReturnType<Awaited<ReturnType<typeof world>>['run']>>;

const told = ({ decisions }: Outcome) =>
  decisions
    .filter(({ startedAt }) => startedAt !== undefined)
    .map(({ startedAt = '', action, reasons }) => [
      Math.round((Date.now() - Date.parse(startedAt)) / DAY_MS),
      action,
      ...reasons,
    ]);

describe('base backups and WAL', () => {
  test('one that the window does not need is retired, and its WAL stays until it is gone', async () => {
    const { vault, run, segments } = await world([30, 20, 5, 1]);
    const outcome = await run();
    expect(told(outcome).sort()).toEqual([
      [1, 'keep', 'newest restorable', 'within 7d'],
      [20, 'keep', 'the window begins with it'],
      [30, 'retire', 'before the window of 7d'],
      [5, 'keep', 'within 7d'],
    ]);
    // The WAL from before the first base backup alone.
    expect(outcome.report.clusters).toMatchObject([
      { systemIdentifier: WAL_CLUSTER, kept: 3, retired: 1, waiting: 0, removed: 0, removedWal: 30 },
    ]);
    expect((await tagged(vault)).length).toBe(30);
    expect(await segments()).toBe(61);
    const key = baseMarkKey(prefix, nameAt(30), 'retired');
    const mark = parseRetiredBase((await vault.getText(key)) ?? '', key);
    expect(new Date(mark.removeAfter).getTime()).toBeGreaterThan(Date.now() + 6 * DAY_MS);
  });

  test('after the grace it goes, document first, and the next run lets its WAL go', async () => {
    const { vault, run, segments } = await world([30, 20, 1]);
    await retireAt(vault, 30, yesterday);
    const first = await run({ removal: 'direct' });
    expect(told(first)).toContainEqual([30, 'remove', 'before the window of 7d']);
    expect(first.report.clusters).toMatchObject([{ kept: 2, removed: 1, removedWal: 30 }]);
    const left = (await keysOf(vault)).filter((one) => one.startsWith(baseFolder(prefix, nameAt(30))));
    expect(left).toEqual([baseMarkKey(prefix, nameAt(30), 'retired')]);
    const second = await run({ removal: 'direct', sweepGraceMs: OUTLIVED_MS });
    expect(second.report.clusters).toMatchObject([{ kept: 2, removedWal: 10, swept: { leftovers: 1 } }]);
    expect(await segments()).toBe(21);
    const [cluster] = await readClusters(vault);
    expect((cluster && (await readCluster(vault, cluster)))?.bases).toHaveLength(2);
  });

  test('with tags the lifecycle has it, and nothing of what the others need is tagged', async () => {
    const { vault, run } = await world([30, 20, 1]);
    await retireAt(vault, 30, yesterday);
    await run();
    const gone = (await tagged(vault)).map((key) => parseClusterKey(prefix, key));
    expect(gone.filter((one) => one?.kind === 'segment')).toHaveLength(30);
    const others = gone.filter((one) => one?.kind !== 'segment');
    expect(others.map((one) => one?.kind).sort()).toEqual(['base', 'base-file', 'base-file', 'base-verdict']);
    // Tagged, but all there: its WAL stays with it.
    expect((await run()).report.clusters).toMatchObject([{ removed: 0, waiting: 1, removedWal: 30 }]);
  });

  test('a pin undoes a retirement', async () => {
    const { vault, run } = await world([30, 20, 1]);
    await run();
    const env = variablesOf(vault, (await sharedPostgres()).target);
    const keep = (...words: string[]) => pgvouch(env, 'keep', '--cluster', WAL_CLUSTER, ...words);
    const name = formatFiredAt(daysAgo(30));
    expect(await keep(name, '--reason', 'an audit')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining(`base backup ${name} of cluster ${WAL_CLUSTER}: kept until`),
    });
    expect(told(await run())).toContainEqual([30, 'undo', 'kept by hand']);
    expect(told(await run())).toContainEqual([30, 'keep', 'kept by hand']);
    expect(await keep('--undo', name)).toMatchObject({ stdout: expect.stringContaining('the policy decides') });
    expect(told(await run())).toContainEqual([30, 'retire', 'before the window of 7d']);
    expect(await keep('2020-01-01T00-00-00Z')).toMatchObject({ exitCode: 2 });
  });

  test('a longer window that somebody else says holds it, whatever else is said; it undoes a retirement', async () => {
    const { vault, run } = await world([30, 20, 5, 1]);
    await run();
    await sayWindow(vault, 90);
    await sayWindow(vault, 7);
    const held = await run();
    expect(told(held)).toContainEqual([30, 'undo', 'within 90d']);
    expect(held.report.clusters).toMatchObject([{ kept: 4, retired: 0, undone: 1 }]);
  });

  test('where nobody has said a window all base backups stay, and what an older version retired comes back', async () => {
    const { vault, run, lines } = await world([30, 20, 1]);
    await vault.remove(windowKey(prefix, WAL_CLUSTER, 7));
    await retireAt(vault, 30, yesterday);
    const outcome = await run({ removal: 'direct' });
    expect(told(outcome)).toContainEqual([30, 'undo', 'nobody has said how far back']);
    expect(outcome.report.clusters).toMatchObject([{ kept: 3, retired: 0, removed: 0 }]);
    expect(lines.map(({ msg }) => msg)).toContainEqual(expect.stringContaining('nobody has said how far back this'));
  });

  test('of two clusters each goes by what those who archive it say, and not by the deployment that runs', async () => {
    const ages = [40, 20, 3, 1];
    const { vault } = await world(ages);
    const bases = ages.map((age) => ({ startedAt: daysAgo(age), segment: 100 - age, verdict: 'restorable' as const }));
    await storeSampleCluster(vault, { systemIdentifier: '99', segments: [100], bases });
    await vault.put(windowKey(prefix, '99', 30), '{}');
    const env = { ...variablesOf(vault, (await sharedPostgres()).target), PITR: 'off', PITR_DAYS: '1' };
    const { stdout } = await pgvouch(env, 'retention', '--dry-run', '--json');
    const { decisions }: Outcome = JSON.parse(stdout);
    const retired = decisions.filter(({ action }) => action === 'retire');
    expect(retired.map(({ systemIdentifier, reasons }) => [systemIdentifier, ...reasons]).sort()).toEqual([
      [WAL_CLUSTER, 'before the window of 7d'],
      ['99', 'before the window of 30d'],
    ]);
  });

  test('a dry run writes nothing', async () => {
    const { vault, run } = await world([30, 20, 1]);
    const before = await keysOf(vault);
    expect((await run({ dryRun: true })).report.clusters).toMatchObject([{ retired: 1, removedWal: 30 }]);
    expect(await keysOf(vault)).toEqual(before);
    expect(await tagged(vault)).toEqual([]);
  });

  test('files of base backups that were not finished are swept once they are stale', async () => {
    const { vault, run } = await world([1]);
    await vault.put(baseFileKey(prefix, nameAt(3), OTHER_ATTEMPT, 'base.tar.zst'), 'half');
    await vault.put(baseFileKey(prefix, nameAt(1), OTHER_ATTEMPT, 'base.tar.zst'), 'another run');
    const young = await run({ removal: 'direct' });
    expect(young.report.clusters).toMatchObject([{ swept: { files: 0 } }]);
    const old = await run({ removal: 'direct', sweepGraceMs: OUTLIVED_MS });
    expect(old.report.clusters).toMatchObject([{ swept: { files: 2 } }]);
    expect((await keysOf(vault)).filter((key) => key.includes(OTHER_ATTEMPT))).toEqual([]);
  });

  test('a document that cannot be read leaves its cluster alone, and is said', async () => {
    const { vault, run } = await world([30, 1]);
    await vault.put(baseKey(prefix, nameAt(20)), 'no JSON');
    await expect(run()).rejects.toThrow('base.json');
    expect(await tagged(vault)).toEqual([]);
  });
});
