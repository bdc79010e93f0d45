import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { formatFiredAt } from '../../../layers/backup/instant.ts';
import { embeddedPostgres } from '../../../layers/postgres/places/embedded-installation.ts';
import type { Vault } from '../../../layers/vault/vault.ts';
import { baseKey, baseVerdictKey } from '../../../layers/wal/keys.ts';
import { pgvouch } from '../../support/servers/command-line.ts';
import { installationOf } from '../../support/servers/installations.ts';
import { folderForData } from '../../support/world/stored-cluster.ts';
import { type OneOfTwo, startTwoClusters, type TwoClusters } from '../../support/world/two-clusters.ts';
import { switchWal } from '../../support/world/wal-world.ts';
import { world } from '../../support/world/world.ts';
import { DAY_MS, OUTLIVED_MS, retentionWorld } from '../../support/world/world-retention.ts';

let two: TwoClusters;
let first: OneOfTwo;
let second: OneOfTwo;

beforeAll(async () => {
  two = await startTwoClusters([await installationOf(16), embeddedPostgres()]);
  [first, second] = two.both;
});
afterAll(() => two?.end());

test('one firing drills both, each on its own major; a dump is compared with its own cluster alone', async () => {
  expect(first.systemIdentifier).not.toBe(second.systemIdentifier);
  const { dump, sql, database } = await world({ vault: two.vault, postgres: second.postgres });
  await sql('CREATE TABLE orders AS SELECT * FROM generate_series(1, 1000) AS id');
  await dump();
  await second.archive();

  const found = await two.drill();
  expect(found.map(({ cluster, verdict }) => `${cluster}: ${verdict}`).sort()).toEqual(
    two.both.map(({ systemIdentifier }) => `${systemIdentifier}: restorable`).sort(),
  );
  const [ofFirst, ofSecond] = [await first.verdict(), await second.verdict()];
  expect(ofFirst.reasons[0]).toContain('No dump with a position in the WAL lies on the way');
  expect(ofFirst.recovered?.serverVersion).toMatch(/^16/);
  expect(ofSecond).toMatchObject({ compared: [{ database, tables: 1, rows: 1_000 }] });
  expect(ofSecond.recovered?.serverVersion).toMatch(/^18/);
});

test('what belongs to the one is not restored with the other', async () => {
  const dataDir = folderForData();
  const refused = async (...words: string[]) => {
    const { exitCode, stderr } = await pgvouch(second.env, ...words);
    expect(readdirSync(dataDir)).toEqual([]);
    return { exitCode, stderr };
  };
  const restore = ['restore', '--to-dir', dataDir];
  const ofSecond = ['--cluster', second.systemIdentifier];
  const unnamed = await refused(...restore);
  expect(unnamed).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('name one with --cluster') });
  for (const { systemIdentifier } of two.both) expect(unnamed.stderr).toContain(systemIdentifier);
  expect(await refused(...restore, ...ofSecond, '--at', first.emptyAt)).toMatchObject({
    exitCode: 4,
    stderr: expect.stringContaining('no base backup had ended by then'),
  });

  const { startedAt: startedAtText } = await first.verdict();
  const startedAt = new Date(startedAtText);
  const name = formatFiredAt(startedAt);
  expect(await refused('verify', ...ofSecond, name)).toMatchObject({
    exitCode: 2,
    stderr: expect.stringMatching(new RegExp(`${name}: the cluster has \\S+\n`)),
  });
  // As if somebody had tidied up by hand.
  const { prefix } = two.vault;
  const keyOf = ({ systemIdentifier }: OneOfTwo) => baseKey(prefix, { systemIdentifier, startedAt });
  await two.vault.put(keyOf(second), (await two.vault.getText(keyOf(first))) ?? '');
  expect(await refused(...restore, ...ofSecond)).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(`it is a base backup of cluster ${first.systemIdentifier}, in the folder of`),
  });
  await two.vault.remove(keyOf(second));
});

test("the one's slot that is gone, and its gap, leave the other as it was", async () => {
  expect(await pgvouch(first.env, 'slot', 'drop')).toMatchObject({ exitCode: 0 });
  await expect(first.archive()).rejects.toMatchObject({ name: 'ConfigError' });
  await second.insert(3);
  expect(await second.archive()).toMatchObject({ outcome: 'stored', caughtUp: true });
  expect(await first.standing()).toMatchObject({ slot: { state: 'missing' }, gaps: [] });
  expect(await second.standing()).toMatchObject({ slot: { state: 'held' }, gaps: [] });

  for (let segment = 0; segment < 3; segment++) await switchWal(first.postgres);
  await first.postgres.sql('postgres', 'CHECKPOINT');
  expect(await pgvouch(first.env, 'slot', 'create')).toMatchObject({ exitCode: 0 });
  expect(await first.archive()).toHaveProperty('gap');
  expect(await second.archive()).not.toHaveProperty('gap');
  expect(await first.standing()).toMatchObject({ slot: { state: 'held' }, gaps: [{ open: true }] });
  expect(await second.standing()).toMatchObject({ gaps: [] });

  await expect(first.rowsAfterRestore()).rejects.toThrow('recovery cannot pass the gap');
  const { verifiedAt } = await second.verdict();
  await expect(two.drill()).rejects.toThrow(`of cluster ${first.systemIdentifier}: corrupt: `);
  const again = await second.verdict();
  expect(again.verdict).toBe('restorable');
  expect(Date.parse(again.verifiedAt)).toBeGreaterThan(Date.parse(verifiedAt));
});

test("retention gives up the one's old base backup and WAL; of the other nothing changes, and both are restored", async () => {
  // WAL that was stored before a base backup began is not kept for it.
  const startedAt = new Date(1000 * (Math.ceil(Date.now() / 1000) + 1));
  await first.stored({ startedAt });
  const { systemIdentifier } = first;
  await two.vault.put(baseVerdictKey(two.vault.prefix, { systemIdentifier, startedAt }, 'restorable'), '{}');
  await first.insert(3);
  await first.archive();

  const before = await second.objects();
  const { run } = await retentionWorld();
  const policy = { graceDays: 0, removal: 'direct', sweepGraceMs: OUTLIVED_MS } as const;
  const reportOf = async ({ systemIdentifier: of }: OneOfTwo) => {
    const { report } = await run(policy, aWeekOn(two.vault));
    return report.clusters?.find((one) => one.systemIdentifier === of);
  };
  expect(await reportOf(first)).toMatchObject({ kept: 1, retired: 1, removed: 0, removedWal: 0 });
  while ((await reportOf(first))?.removedWal === 0);
  expect(await reportOf(second)).toMatchObject({ kept: 1, retired: 0, waiting: 0, removed: 0, removedWal: 0 });
  expect(await second.objects()).toEqual(before);
  expect(await first.standing()).toMatchObject({ gaps: [], windows: [{ endsInGap: false }] });

  expect(await first.rowsAfterRestore()).toEqual([1, 3]);
  expect(await second.rowsAfterRestore()).toEqual([2, 3]);
});

/** As if every base backup had ended before the window of seven days, at whose end the WAL is from now. */
function aWeekOn(vault: Vault): Vault {
  const before = (_: string, at: string) => `"stoppedAt": "${new Date(Date.parse(at) - 8 * DAY_MS).toISOString()}"`;
  const getText: Vault['getText'] = async (...args) =>
    (await vault.getText(...args))?.replace(/"stoppedAt": "([^"]+)"/, before);
  return { ...vault, getText };
}
