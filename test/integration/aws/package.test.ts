import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseScheduleFired } from '../../../events/schedule-fired.ts';
import { functionNames } from '../../../layers/settings/functions.ts';
import { REQUIRED } from '../../support/aws/deployment-parameters.ts';
import { type FunctionEnvironment, firedBySchedule, lambdaArn, targetOf } from '../../support/aws/event-rules.ts';
import { allows, allStatements, list } from '../../support/aws/iam-policy.ts';
import { copyService, type PackagedService, templateOf } from '../../support/aws/packaged-service.ts';
import { rightsIn } from '../../support/aws/rights.ts';
import {
  cyclesOf,
  type Json,
  type Resource,
  referencesOf,
  resolveTemplate,
  type Template,
} from '../../support/aws/template.ts';
import { templateProblems } from '../../support/aws/template-types.ts';

// biome-ignore lint/suspicious/noTemplateCurlyInString: a database may be called so, and must not be taken for a variable
const QUOTED = 'we "quote" <é> ${env:HOME} \\ slash/';
const BUCKET = 'arn:aws:s3:::postgres-backups-123456789012-eu-central-1';

let service: PackagedService;
let written: Template;
let resources: Template['Resources'];

beforeAll(async () => {
  service = await copyService(['amd64'], { asked: ['ogr_fdw'], left: ['ogr_fdw'] });
  const { POSTGRES_DB: _, ...rest } = REQUIRED;
  const DATABASE_SETTINGS = JSON.stringify({ [QUOTED]: { DUMP_SCHEDULE: 'cron(15 4 * * ? *)' } });
  const POSTGRES_DBS = JSON.stringify(['shop', QUOTED]);
  const given = { POSTGRES_DBS, DATABASE_SETTINGS, DUMP_TIMEZONE: 'Europe/Berlin', SCRATCH_EXTENSIONS: 'ogr_fdw' };
  const run = await service.run({ ...rest, ...given });
  expect(run.output).toContain('Service packaged');
  expect(run.exitCode).toBe(0);
  expect(run.output).toContain(
    "Restores are tried on PostgreSQL 18 with PostgreSQL's own extensions and the locales C.UTF-8 and en_US.UTF-8.",
  );
  expect(run.output).toContain(
    'No room on Lambda for ogr_fdw: databases with them stay "readable". Set VERIFY_ON=fargate and TASK_IMAGE to ' +
      'an image built with SCRATCH_EXTENSIONS=ogr_fdw.\n',
  );
  written = await templateOf(run);
  resources = resolveTemplate(written).Resources;
});

afterAll(() => service?.remove());

function properties(id: string): Readonly<Record<string, Json>> {
  return resources[id]?.Properties ?? {};
}

function ofType(type: string): [string, Resource][] {
  return Object.entries(resources).filter(([, resource]) => resource.Type === type);
}

test('the template keeps to the types that AWS publishes, and nothing in it refers to itself', () => {
  expect(templateProblems(written)).toEqual([]);
  expect(cyclesOf(written)).toEqual([]);
});

test('what runs on Fargate is not there, as nobody asked for it', () => {
  expect(Object.keys(resources).filter((id) => /Task/.test(id))).toEqual([]);
  expect(JSON.stringify(written)).not.toContain('TASK_SCRATCH_EXTENSIONS');
});

test('a schedule in its time zone fires dump for each database, with the time that it was due, whatever the name', () => {
  const schedules = ofType('AWS::Scheduler::Schedule');
  const common = { ScheduleExpressionTimezone: 'Europe/Berlin', GroupName: '{ScheduleGroup}' };
  expect(
    schedules
      .slice(0, 1)
      .concat(schedules.slice(-1))
      .map(([, one]) => one.Properties),
  ).toEqual([
    expect.objectContaining({ ...common, Name: 'pgvouch-prod-dump-1', ScheduleExpression: 'cron(0 2 * * ? *)' }),
    expect.objectContaining({ ...common, Name: 'pgvouch-prod-dump-2', ScheduleExpression: 'cron(15 4 * * ? *)' }),
  ]);
  // Berlin has no 02:00 on the last Sunday of March.
  const once = schedules.slice(1, -1).map(([, { Properties }]) => Properties);
  expect(once.length).toBeGreaterThanOrEqual(3);
  for (const one of once) {
    expect(one?.ScheduleExpressionTimezone).toBe('UTC');
    expect(one?.ScheduleExpression).toMatch(/^at\(20\d\d-03-\d\dT01:00:00\)$/);
  }
  const fired = schedules.map(([, one]) => {
    expect(one.Properties).toMatchObject({
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: { Arn: '{DumpLambdaFunction.Arn}', RoleArn: '{DumpSchedulerRole.Arn}' },
    });
    const event = firedBySchedule(one, '2026-11-22T02:00:00Z');
    return parseScheduleFired(event, { now: new Date('2026-11-22T02:00:30Z'), databases: ['shop', QUOTED] });
  });
  const firedAt = new Date('2026-11-22T02:00:00Z');
  expect([fired[0], fired.at(-1)]).toEqual(['shop', QUOTED].map((database) => ({ firedAt, database })));
});

test('the scheduler may invoke dump, and nothing else, for schedules of this stack', () => {
  const role = resources.DumpSchedulerRole;
  const may = (name: string) => allows(role, 'lambda:InvokeFunction', lambdaArn(name));
  expect(['dump', 'find', 'notify', 'verify'].filter(may)).toEqual(['dump']);
  expect(allStatements({ Resources: { role: role as Resource } }).flatMap(({ Action }) => list(Action))).toEqual([
    'lambda:InvokeFunction',
  ]);
  expect(JSON.stringify(role?.Properties?.AssumeRolePolicyDocument)).toContain(
    '"aws:SourceArn":"arn:aws:scheduler:eu-central-1:123456789012:schedule-group/pgvouch-prod"',
  );
});

test('every rule may invoke its function, and only its function', () => {
  const rules = ofType('AWS::Events::Rule').map(([id, rule]) => ({
    ...{ FunctionName: targetOf(rule).Arn, SourceArn: `{${id}.Arn}` },
  }));
  const permitted = ofType('AWS::Lambda::Permission')
    .map(([, permission]) => permission.Properties)
    .filter((permission) => permission?.Principal === 'events.amazonaws.com')
    .map((permission) => ({ FunctionName: permission?.FunctionName, SourceArn: permission?.SourceArn }));
  expect(permitted).toEqual(rules);
  expect(properties('VerifyEventsRuleSchedule1').ScheduleExpression).toBe('rate(1 hour)');
  expect(properties('RetentionEventsRuleSchedule1').ScheduleExpression).toBe('cron(30 3 * * ? *)');
});

test('a manifest in our bucket, and no other object, fires verify', () => {
  expect(properties('BackupBucket').NotificationConfiguration).toEqual({
    LambdaConfigurations: [
      {
        Event: 's3:ObjectCreated:*',
        Function: '{VerifyLambdaFunction.Arn}',
        Filter: {
          S3Key: {
            Rules: [
              { Name: 'prefix', Value: 'pgvouch/' },
              { Name: 'suffix', Value: 'manifest.json' },
            ],
          },
        },
      },
    ],
  });
  expect(properties('VerifyBucketPermission')).toEqual({
    Action: 'lambda:InvokeFunction',
    FunctionName: '{VerifyLambdaFunction.Arn}',
    Principal: 's3.amazonaws.com',
    SourceAccount: '123456789012',
    SourceArn: BUCKET,
  });
  expect(referencesOf(written.Resources.BackupBucket as Resource)).toContain('VerifyBucketPermission');
});

test('how dump, verify and retention end goes to notify, a failure after two retries', () => {
  for (const name of ['Dump', 'Verify', 'Retention']) {
    expect(properties(`${name}LambdaEvConf`)).toMatchObject({
      MaximumRetryAttempts: 2,
      DestinationConfig: {
        OnFailure: { Destination: '{NotifyLambdaFunction.Arn}' },
        OnSuccess: { Destination: '{NotifyLambdaFunction.Arn}' },
      },
    });
    expect(properties(`${name}LambdaFunction`).Timeout).toBe(900);
  }
});

test('a flood of requests is throttled before it reaches a function', () => {
  expect(properties('HttpApiStage').DefaultRouteSettings).toEqual({
    DetailedMetricsEnabled: false,
    ThrottlingRateLimit: 10,
    ThrottlingBurstLimit: 20,
  });
});

test('notify knows the address of the status page', () => {
  const { Variables } = properties('NotifyLambdaFunction').Environment as unknown as FunctionEnvironment;
  expect(Variables.BACKUP_STATUS_URL).toBe('{HttpApi.ApiEndpoint}/');
});

test('the bucket is versioned, encrypted, private, TLS only, and stays when the stack goes', () => {
  // Retain alone would leave an empty bucket behind a first deployment that failed, in the way of the second.
  const stays = { DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' };
  expect(resources.BackupBucket).toMatchObject(stays);
  expect(resources.BackupBucketPolicy).toMatchObject(stays);
  expect(properties('BackupBucket')).toMatchObject({
    BucketName: BUCKET.slice('arn:aws:s3:::'.length),
    VersioningConfiguration: { Status: 'Enabled' },
    BucketEncryption: {
      ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
    },
    PublicAccessBlockConfiguration: {
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    },
    OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
  });
  const policy = properties('BackupBucketPolicy').PolicyDocument as unknown as { Statement: unknown[] };
  expect(policy.Statement).toEqual([
    expect.objectContaining({
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:*',
      Resource: ['{BackupBucket.Arn}', '{BackupBucket.Arn}/*'],
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    }),
  ]);
});

test('the lifecycle touches only our prefix, and removes only what is tagged', () => {
  const { Rules } = properties('BackupBucket').LifecycleConfiguration as unknown as { Rules: Json[] };
  const ours = { Id: expect.any(String), Status: 'Enabled', Prefix: 'pgvouch/' };
  expect(Rules).toEqual([
    { ...ours, AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } },
    { ...ours, TagFilters: [{ Key: 'pgvouch', Value: 'remove' }], ExpirationInDays: 1 },
    { ...ours, NoncurrentVersionExpiration: { NoncurrentDays: 30 } },
    { ...ours, Prefix: 'pgvouch/summary.json', NoncurrentVersionExpiration: { NoncurrentDays: 1 } },
    { ...ours, ExpiredObjectDeleteMarker: true },
  ]);
});

describe('roles', () => {
  test('nobody may delete, none reaches beyond our prefix, and no right is a wildcard', () => {
    const actions = allStatements({ Resources: resources }).flatMap((statement) => list(statement.Action));
    expect(
      actions.filter((action) => /delete(object(?!tagging)|bucket)|(?<!:get)lifecycle|policy|acl|\*/i.test(action)),
    ).toEqual([]);
    for (const { Action, Resource: target } of allStatements({ Resources: resources })) {
      expect(
        list(target).every((arn) => arn.length > '*'.length),
        list(Action).join(),
      ).toBe(true);
      if (list(Action).some((action) => /Object|MultipartUpload(Parts)?$/.test(action))) {
        expect(
          list(target).every((arn) => arn.startsWith(`${BUCKET}/pgvouch/`)),
          list(Action).join(),
        ).toBe(true);
      }
    }
  });

  const every = functionNames({}).map((name) => `${name.charAt(0).toUpperCase()}${name.slice(1)}`);
  test.each(rightsIn(BUCKET))('%s on %s: %j', (action, target, whom, context) => {
    expect(every.filter((name) => allows(resources[`${name}Role`], action, target, context))).toEqual(whom);
  });

  test('every function has its own', () => {
    expect(every.map((name) => properties(`${name}LambdaFunction`).Role)).toEqual(every.map((n) => `{${n}Role.Arn}`));
    expect(ofType('AWS::IAM::Role')).toHaveLength(every.length + 1); // and the scheduler's
  });
});
