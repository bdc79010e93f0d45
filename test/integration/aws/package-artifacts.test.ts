import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseBaseFired } from '../../../events/base-fired.ts';
import { parseFindFired } from '../../../events/find-fired.ts';
import { FUNCTION_NAMES } from '../../../layers/settings/functions.ts';
import { expectClusterRights } from '../../support/aws/cluster-rights.ts';
import { CHANNEL_SECRETS, EVERYTHING, SECRETS } from '../../support/aws/deployment-parameters.ts';
import { firedBySchedule, lambdaArn, targetOf, transform } from '../../support/aws/event-rules.ts';
import { expectFindRights } from '../../support/aws/find-rights.ts';
import { allows } from '../../support/aws/iam-policy.ts';
import { expectManyDatabases, MANY_DATABASES, settingsIn } from '../../support/aws/many-databases.ts';
import { copyService, type PackagedService, type PackageRun, templateOf } from '../../support/aws/packaged-service.ts';
import { expectRefresh, refreshYaml } from '../../support/aws/refresh-rights.ts';
import { resolveTemplate, type Template } from '../../support/aws/template.ts';
import { templateProblems } from '../../support/aws/template-types.ts';
import { readZip, unzip } from '../../support/aws/zip.ts';

const ALL = { ...EVERYTHING, ...SECRETS, POSTGRES_DB: '' };
const CERTIFICATE = '-----BEGIN CERTIFICATE-----\nours\n-----END CERTIFICATE-----\n';
let service: PackagedService;
let run: PackageRun;
let written: Template;
let resources: Template['Resources'];

beforeAll(async () => {
  service = await copyService(['arm64']);
  const PGSSLROOTCERT = join(service.folder, 'our-ca.pem');
  await writeFile(PGSSLROOTCERT, CERTIFICATE);
  const PGVOUCH_CONFIG = join(service.folder, 'pgvouch.yaml');
  await writeFile(PGVOUCH_CONFIG, MANY_DATABASES + (await refreshYaml(service.folder)));
  run = await service.run({ ...ALL, PGSSLROOTCERT, PGVOUCH_CONFIG });
  expect(run.output).toContain('Service packaged');
  expect(run.exitCode).toBe(0);
  written = await templateOf(run);
  resources = resolveTemplate(written).Resources;
});

afterAll(() => service?.remove());

function variables(name: string): Record<string, string> {
  const id = `${name.charAt(0).toUpperCase()}${name.slice(1)}LambdaFunction`;
  const environment = resources[id]?.Properties?.Environment as unknown as { Variables: Record<string, string> };
  return environment.Variables;
}

test('with everything set the template still keeps to the types of AWS', () => {
  expect(templateProblems(written)).toEqual([]);
});

/** Where the file of a function is that `/var/task` has elsewhere. */
const fileIn = (folder: string, name: string) =>
  variables(name).PGVOUCH_SETTINGS_FILE && { PGVOUCH_SETTINGS_FILE: join(folder, 'settings.json') };

test.each(FUNCTION_NAMES)('%s is small and loads in plain Node with the variables of the template', async (name) => {
  const folder = await mkdtemp(join(tmpdir(), 'pgvouch-unzipped-'));
  try {
    expect((await readFile(join(run.folder, `${name}.zip`))).length).toBeLessThan(2 * 1024 * 1024);
    await unzip(join(run.folder, `${name}.zip`), folder);
    const url = pathToFileURL(join(folder, `functions/${name}/handler.mjs`)).href;
    // Whoever imports node:http loads undici.
    const undici = `process.moduleLoadList.includes('NativeModule internal/deps/undici/undici')`;
    const script = `console.log(typeof (await import(${JSON.stringify(url)})).handler, ${undici})`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      env: { AWS_REGION: 'eu-central-1', ...variables(name), ...fileIn(folder, name) },
    });
    expect(stdout.trim().split('\n').at(-1)).toBe('function false');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('no secret of the shell is in the template, the zips or the output', async () => {
  const everything: [string, Buffer][] = [['the output', Buffer.from(run.output)]];
  for (const file of await readdir(run.folder)) {
    const path = join(run.folder, file);
    if (!file.endsWith('.zip')) everything.push([file, await readFile(path)]);
    else for (const [name, bytes] of await readZip(path)) everything.push([`${file}: ${name}`, bytes]);
  }
  const leaks = everything.filter(([, bytes]) => Object.values(SECRETS).some((secret) => bytes.includes(secret)));
  expect(leaks.map(([where]) => where)).toEqual([]);
  expect(everything.length).toBeGreaterThan(10);
});

test('each function gets the variables that it needs, and no empty one', () => {
  const vault = ['BACKUP_BUCKET', 'BACKUP_PREFIX'];
  const server = ['POSTGRES_HOST', 'PGSSLMODE', 'PGSSLROOTCERT'];
  const long = ['PGVOUCH_SETTINGS_FILE'];
  const postgres = [...server, ...long, 'POSTGRES_USER', 'POSTGRES_PASSWORD_SECRET'];
  const archiving = [...vault, ...server, 'PITR', 'REPLICATION_USER', 'REPLICATION_PASSWORD_SECRET'];
  const expected = {
    find: [...vault, ...postgres, 'DUMP_CONCURRENCY', 'DUMP_FUNCTION', 'DUMP_SCHEDULE'],
    dump: [...vault, ...postgres, 'BACKUP_PING_URL_SECRET'],
    verify: [...vault, ...long, 'DRILL_DATABASE_URL', 'DRILL_DATABASE_PASSWORD_SECRET', 'BACKUP_PING_URL_SECRET'],
    ...{ retention: [...vault, ...long], wal: [...archiving, 'MALLOC_ARENA_MAX', 'NODE_OPTIONS'], base: archiving },
    recovery: [...vault, 'PITR', 'POSTGRES_USER', 'REPLICATION_USER'],
    refresh: [...vault, ...long, 'POSTGRES_HOST'],
    exporter: [
      ...[...vault, ...long, 'METRICS_TOKEN_SECRET', 'PITR'],
      ...['DUMP_SCHEDULE', 'BASE_SCHEDULE', 'BASE_INCREMENT_SCHEDULE', 'RECOVERY_SCHEDULE'],
    ],
    notify: [
      ...[...vault, ...long, ...Object.keys(CHANNEL_SECRETS), 'BACKUP_PING_URL_SECRET'],
      ...['BACKUP_WEBHOOK_FORMAT', 'BACKUP_TELEGRAM_CHAT', 'BACKUP_MAIL_FROM', 'BACKUP_MAIL_TO'],
      ...['BACKUP_STATUS_URL', 'BACKUP_RUNBOOK_URL'],
    ],
  };
  const given = Object.fromEntries(FUNCTION_NAMES.map((name) => [name, Object.keys(variables(name)).sort()]));
  expect(given).toEqual(Object.fromEntries(Object.entries(expected).map(([name, all]) => [name, all.sort()])));
});

const readers = FUNCTION_NAMES.map((name) => `${name[0]?.toUpperCase()}${name.slice(1)}Role`);

test('the parameters reach the template', async () => {
  expect(resources.DumpLambdaFunction?.Properties).toMatchObject({
    Architectures: ['arm64'],
    MemorySize: 3008,
    EphemeralStorage: { Size: 1024 },
    ReservedConcurrentExecutions: 2,
    VpcConfig: { SubnetIds: ['subnet-0a1b2c', 'subnet-3d4e5f'], SecurityGroupIds: ['sg-0123abcd'] },
  });
  expect(resources.FindSchedule1?.Properties?.ScheduleExpression).toBe('cron(15 */6 * * ? *)');
  expect(resources).not.toHaveProperty('DumpSchedule1');
  const schedule = { expression: 'cron(15 */6 * * ? *)', timezone: 'UTC' };
  const firedAt = new Date('2026-11-22T00:15:00Z');
  expect(parseFindFired(firedBySchedule(resources.FindSchedule1, '2026-11-22T00:15:00Z'), firedAt)).toEqual({
    ...{ firedAt, schedule },
  });
  expect(variables('find')).toMatchObject({ DUMP_CONCURRENCY: '2', DUMP_FUNCTION: 'pgvouch-prod-dump' });
  expect(resources.DumpLogGroup?.Properties?.RetentionInDays).toBe(90);
  expect(variables('retention')).toMatchObject({ BACKUP_BUCKET: 'our-own-backups', BACKUP_PREFIX: 'teams/blue/' });
  expect(variables('notify')).toMatchObject({
    BACKUP_WEBHOOK_FORMAT: 'json',
    BACKUP_STATUS_URL: EVERYTHING.BACKUP_STATUS_URL,
    BACKUP_RUNBOOK_URL: EVERYTHING.BACKUP_RUNBOOK_URL,
  });
  expect(JSON.stringify(resources.BackupBucket)).toContain('"NoncurrentDays":90');
  const state = JSON.parse(await readFile(join(run.folder, 'serverless-state.json'), 'utf8'));
  expect(state.service.provider.stackTags).toEqual({ team: 'blue', 'cost centre': '4711' });

  for (const name of ['Verify', 'Retention', 'Exporter', 'Notify']) {
    expect(resources[`${name}LambdaFunction`]?.Properties).not.toHaveProperty('VpcConfig');
    expect(resources[`${name}LambdaFunction`]?.Properties).not.toHaveProperty('ReservedConcurrentExecutions');
    expect(allows(resources[`${name}Role`], 'ec2:CreateNetworkInterface', '*'), name).toBe(false);
  }
  expect(resources.RecoveryEventsRuleSchedule1?.Properties?.ScheduleExpression).toBe('cron(0 5 * * ? *)');
  expect(resources.RecoveryLambdaFunction?.Properties).not.toHaveProperty('VpcConfig');
  expect(resources.RecoveryLambdaFunction?.Properties?.Layers).toHaveLength(3);
  const clusters = 'arn:aws:s3:::our-own-backups/teams/blue/.clusters/1/base/2026-11-22T02-00-00Z';
  expect(allows(resources.RecoveryRole, 's3:GetObject', `${clusters}/base.json`)).toBe(true);
  expect(allows(resources.RecoveryRole, 's3:PutObject', `${clusters}/verdict-restorable.json`)).toBe(true);
  expect(allows(resources.RecoveryRole, 's3:PutObject', `${clusters}/base.json`)).toBe(false);
  expect(allows(resources.RecoveryRole, 's3:DeleteObject', `${clusters}/verdict-restorable.json`)).toBe(false);
  expect(JSON.stringify(resources.BackupBucket?.Properties?.NotificationConfiguration)).toContain('"base.json"');
  expect(JSON.stringify(resources.RecoveryBucketPermission)).toContain('RecoveryLambdaFunction');
  // Lambda may, for the function; the function may not: a stolen one could remove other functions' interfaces.
  expect(allows(resources.DumpRole, 'ec2:DeleteNetworkInterface', '*')).toBe(true);
  const itself = { 'lambda:SourceFunctionArn': lambdaArn('dump') };
  expect(allows(resources.DumpRole, 'ec2:DeleteNetworkInterface', '*', itself)).toBe(false);
  const drill = EVERYTHING.DRILL_DATABASE_PASSWORD_SECRET;
  const readersOf = (arn: string) =>
    readers.filter((name) => allows(resources[name], 'secretsmanager:GetSecretValue', arn));
  expect(readersOf(drill)).toEqual(['VerifyRole']);
  // Whoever has one of them can write to people in our name.
  for (const [name, arn] of Object.entries(CHANNEL_SECRETS)) {
    expect(readersOf(arn), name).toEqual(['NotifyRole']);
    expect(FUNCTION_NAMES.filter((one) => JSON.stringify(variables(one)).includes(arn))).toEqual(['notify']);
  }
  const throughSecrets = { 'kms:ViaService': 'secretsmanager.eu-central-1.amazonaws.com' };
  const key = EVERYTHING.SECRETS_KMS_KEY_ARN;
  expect(readers.filter((name) => allows(resources[name], 'kms:Decrypt', key, throughSecrets))).toEqual(
    // These two read no secret.
    readers.filter((name) => !['RetentionRole', 'RecoveryRole'].includes(name)),
  );
  expect(readers.filter((name) => allows(resources[name], 'kms:Decrypt', key))).toEqual([]);
  expect(readersOf(EVERYTHING.BACKUP_PING_URL_SECRET)).toEqual(['DumpRole', 'VerifyRole', 'NotifyRole']);
  expectFindRights(resources, 'arn:aws:s3:::our-own-backups/teams/blue');
  await expectRefresh(resources, 'arn:aws:s3:::our-own-backups/teams/blue', join(run.folder, 'refresh.zip'));
});

test('CloudWatch tells of what notify cannot', () => {
  const alarms = Object.values(resources).filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm');
  const watched = alarms.map(({ Properties: { MetricName, Dimensions, AlarmActions } = {} }) => {
    expect(AlarmActions).toEqual([EVERYTHING.ALARM_TOPIC_ARN]);
    return [MetricName, (Dimensions as { Value: string }[] | undefined)?.[0]?.Value];
  });
  expect(watched).toEqual([
    ['AsyncEventsDropped', 'pgvouch-prod-notify'],
    ...['find', 'dump', 'verify', 'retention', 'wal', 'base', 'recovery', 'refresh'].map((name) => [
      'DestinationDeliveryFailures',
      `pgvouch-prod-${name}`,
    ]),
    ['InvocationDroppedCount', 'pgvouch-prod'],
  ]);
});

test('what is too long for the environment goes along in a file, to those functions that read it', async () => {
  const files = await Promise.all(FUNCTION_NAMES.map((name) => settingsIn(join(run.folder, `${name}.zip`))));
  const named = FUNCTION_NAMES.map((name, index) => [name, files[index]] as const);
  for (const [name, file] of named) {
    expect(variables(name).PGVOUCH_SETTINGS_FILE).toBe(file && '/var/task/settings.json');
    expect(Buffer.byteLength(JSON.stringify(variables(name)))).toBeLessThan(4_096);
  }
  expectManyDatabases(Object.fromEntries(named));
});

test('the layers are those of the architecture, with their programs where the functions look', async () => {
  for (const major of [15, 17, 18]) {
    expect(resources[`PgClient${major}LambdaLayer`]?.Properties).toMatchObject({ CompatibleArchitectures: ['arm64'] });
    expect([...(await readZip(join(run.folder, `pgClient${major}.zip`))).keys()]).toEqual([
      `pg-client/${major}/bin/pg_dump`,
    ]);
  }
  expect(resources.DumpLambdaFunction?.Properties?.Layers).toHaveLength(3);
});

test('a certificate of this machine goes along', async () => {
  expect(variables('dump').PGSSLROOTCERT).toBe('/var/task/postgres-ca.pem');
  const files = await readZip(join(run.folder, 'dump.zip'));
  expect(files.get('postgres-ca.pem')?.toString()).toBe(CERTIFICATE);
});

test('WAL is archived every minute; a full base backup is taken on Sundays, an increment on the other days', () => {
  expect(resources.WalEventsRuleSchedule1?.Properties?.ScheduleExpression).toBe('rate(1 minute)');
  const fired = ['BaseEventsRuleSchedule1', 'BaseEventsRuleSchedule2'].map((name) => {
    const rule = resources[name] ?? expect.unreachable(`there is no ${name}`);
    const template = targetOf(rule).InputTransformer.InputTemplate;
    const event = JSON.parse(transform(template, { id: 'f1', time: '2026-11-22T01:30:00Z' }));
    return [rule.Properties?.ScheduleExpression, parseBaseFired(event, new Date('2026-11-22T01:30:01Z'))];
  });
  const firedAt = new Date('2026-11-22T01:30:00Z');
  expect(fired).toEqual([
    ['cron(30 1 ? * SUN *)', { firedAt, kind: 'full' }],
    ['cron(30 1 ? * MON-SAT *)', { firedAt, kind: 'incremental' }],
  ]);
});

test('wal and base reach the server from where dump does, write and read what they must, and remove nothing', () => {
  const { VpcConfig } = resources.DumpLambdaFunction?.Properties ?? {};
  expect(VpcConfig).toBeDefined();
  for (const name of ['Wal', 'Base']) {
    expect(resources[`${name}LambdaFunction`]?.Properties?.VpcConfig).toEqual(VpcConfig);
  }
  expectClusterRights(resources, 'arn:aws:s3:::our-own-backups/teams/blue');
});
