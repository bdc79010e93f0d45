import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { parseFunctionEnded } from '../../../events/function-ended.ts';
import { formatFiredAt } from '../../../layers/backup/instant.ts';
import { readCluster } from '../../../layers/catalog/read-cluster.ts';
import { startDeadline } from '../../../layers/deadline/deadline.ts';
import { embeddedPostgres } from '../../../layers/postgres/places/embedded-installation.ts';
import { parseOutOfTime } from '../../../layers/wal/drill-time.ts';
import { drillTimeKey } from '../../../layers/wal/keys.ts';
import { type AwsStandIn, openAwsStandIn } from '../../support/aws/aws-stand-in.ts';
import { REQUIRED } from '../../support/aws/deployment-parameters.ts';
import { taskProcessEnvironment, useAws } from '../../support/aws/task-process.ts';
import { pgvouchProcess } from '../../support/servers/command-line.ts';
import { PASSWORD } from '../../support/servers/postgres.ts';
import { type CopyVault, keepVault } from '../../support/world/copied-backup.ts';
import { recoveryWorld } from '../../support/world/recovery-world.ts';
import { startStoredCluster, storeWal } from '../../support/world/stored-cluster.ts';
import { freshVault } from '../../support/world/world-vault.ts';

let kept: Awaited<ReturnType<typeof startStoredCluster>>;
let copyVault: CopyVault;
let aws: AwsStandIn;

beforeAll(async () => {
  const { vault } = await freshVault();
  kept = await startStoredCluster(vault);
  await storeWal(vault, kept.cluster, kept.server);
  copyVault = await keepVault(vault);
  aws = await openAwsStandIn(PASSWORD);
});
afterAll(async () => {
  aws?.end();
  await kept?.postgres.end();
});

async function copiedCluster() {
  const vault = await copyVault();
  const { bases } = await readCluster(vault, kept.cluster);
  return { vault, ...kept, bases, ...recoveryWorld(vault, kept.cluster) };
}

test('a drill that runs out of time leaves nothing but word of it: the next one only reads, and says what to do', async () => {
  const { vault, cluster, bases, drill, verdict, folder } = await copiedCluster();
  const out = new AbortController();
  const drilling = drill(undefined, { limitMs: 60_000 }, out.signal);
  drilling.catch(() => {});
  const hasServer = () => readdirSync(folder).some((name) => existsSync(path.join(folder, name, 'recovery.log')));
  await vi.waitFor(() => expect(hasServer()).toBe(true), { timeout: 60_000, interval: 5 });
  const { signal } = startDeadline({ getRemainingTimeInMillis: () => 1 }, 'recovery drill');
  signal.addEventListener('abort', () => out.abort(signal.reason));
  await expect(drilling).rejects.toThrow(
    /recovery drill: stopped after 0 s, just before its time limit.*\n.*RECOVERY_TIMEOUT/,
  );
  expect(readdirSync(folder)).toEqual([]);
  expect((await readCluster(vault, cluster)).bases[0]?.verdict).toBeUndefined();

  const key = drillTimeKey(vault.prefix, cluster.systemIdentifier);
  const left = parseOutOfTime((await vault.getText(key)) ?? '', key);
  expect(left).toMatchObject({ tried: 'recovery', startedAt: bases[0]?.base.startedAt });
  // As much work, in a run that has as much time.
  const { tookMs: limitMs } = left;
  expect(await drill(undefined, { limitMs })).toMatchObject([{ verdict: 'readable' }]);
  expect((await verdict()).reasons[0]).toMatch(
    /^No recovery was tried: the drill of \S+ ran out of time after .*, with \d+.* of files and WAL\. To .*RECOVERY_ON=fargate.*\.$/,
  );
  // Not even reading ends in time: that is not begun again.
  await vault.put(key, JSON.stringify({ ...left, tried: 'reading' }));
  await expect(drill(undefined, { limitMs })).rejects.toMatchObject({
    ...{ name: 'ConfigError', problem: expect.stringMatching(/^not begun: on \S+ even reading /) },
    hint: expect.stringContaining('RECOVERY_ON=fargate'),
  });
  // A run with much more time, and one that nothing limits.
  expect(await drill(undefined, { limitMs: 1_000 * limitMs })).toMatchObject([{ verdict: 'restorable' }]);
  await vault.put(key, 'nonsense');
  expect(await drill(undefined, { limitMs, place: undefined })).toMatchObject([{ verdict: 'restorable' }]);
});

test('what the function has no server, no disk or no time for is for the task, which recovers with it', {
  timeout: 240_000,
}, async () => {
  const { vault, cluster, bases, drill, folder, log } = await copiedCluster();
  const place = {
    ...{ cluster: 'pgvouch-prod', family: 'pgvouch-prod-recovery', publicIp: false },
    ...{ subnets: ['subnet-0a'], securityGroups: ['sg-0b'] },
  };
  useAws(aws.env);
  const names = bases.map(({ startedAt }) => ({ systemIdentifier: cluster.systemIdentifier, startedAt }));
  const created = { kind: 'bases', names, as: 'new' } as const;
  const withoutServer = { task: place, place: { installations: [], folder } };
  // The bucket's event, which comes twice: it is one task.
  expect(await drill(created, withoutServer)).toEqual([]);
  expect(await drill(created, withoutServer)).toEqual([]);
  expect(aws.tasks).toMatchObject([{ taskDefinition: 'pgvouch-prod-recovery', count: 1 }]);
  expect(log.join('')).toContain('there is no scratch server of PostgreSQL 18 here');
  // The schedule's is another one.
  const withoutDisk = { task: place, place: { installations: [embeddedPostgres()], folder, maxBytes: 1_000_000 } };
  expect(await drill({ kind: 'newest', firedAt: new Date() }, withoutDisk)).toEqual([]);
  expect(aws.tasks).toHaveLength(2);

  const event = aws.tasks[0]?.overrides.containerOverrides[0]?.environment[0]?.value ?? '';
  const [startedAt = new Date(0)] = bases.map((base) => base.startedAt);
  expect(JSON.parse(event)).toEqual({ cluster: cluster.systemIdentifier, base: formatFiredAt(startedAt) });
  const ran = await pgvouchProcess(environmentOf(vault.bucket, vault.prefix, folder, event), 'run', 'recovery');
  expect(ran, ran.stdout).toMatchObject({ exitCode: 0, stderr: '' });
  expect(parseFunctionEnded(aws.invoked.at(-1)?.event)).toMatchObject({
    succeeded: { function: 'recovery', response: [{ cluster: cluster.systemIdentifier, verdict: 'restorable' }] },
  });
  // A verdict that stands is for no task.
  expect(await drill(created, withoutServer)).toMatchObject([{ verdict: 'restorable' }]);
  expect(aws.tasks).toHaveLength(2);
});

/** With the image's scratch server, and a folder for the drill. */
function environmentOf(bucket: string, prefix: string, folder: string, event: string): Record<string, string> {
  const parameters = {
    ...{ ...REQUIRED, BACKUP_BUCKET: bucket, BACKUP_PREFIX: prefix, PITR: 'on', REPLICATION_USER: 'postgres' },
    ...{ RECOVERY_ON: 'fargate', RECOVERY_TIMEOUT: '7200' },
  };
  const own = { SCRATCH_POSTGRES_DIR: embeddedPostgres(), DRILL_FOLDER: folder };
  return { ...taskProcessEnvironment('recovery', parameters, event, aws.env), ...own };
}
