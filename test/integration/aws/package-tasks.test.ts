import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseBaseFired } from '../../../events/base-fired.ts';
import { REQUIRED } from '../../support/aws/deployment-parameters.ts';
import { firedBySchedule, lambdaArn, targetOf, transform } from '../../support/aws/event-rules.ts';
import { allows, list, statementsOf } from '../../support/aws/iam-policy.ts';
import { copyService, type PackagedService, templateOf } from '../../support/aws/packaged-service.ts';
import { cyclesOf, type Json, resolveTemplate, type Template } from '../../support/aws/template.ts';
import { templateProblems } from '../../support/aws/template-types.ts';

const QUOTED = 'we "quote" <é>'; // EventBridge's own characters
const IMAGE = '123456789012.dkr.ecr.eu-central-1.amazonaws.com/pgvouch:1.0.0';
const NETWORK = { Subnets: ['subnet-0a', 'subnet-0b'], SecurityGroups: ['sg-0c'], AssignPublicIp: 'DISABLED' };

let service: PackagedService;
let written: Template;
let resources: Template['Resources'];

beforeAll(async () => {
  service = await copyService(['arm64'], { asked: ['vector', 'ogr_fdw'], left: ['ogr_fdw'] });
  const { POSTGRES_DB: _, ...rest } = REQUIRED;
  const run = await service.run({
    ...rest,
    ...{ POSTGRES_DBS: JSON.stringify(['shop', QUOTED]), LAMBDA_ARCHITECTURE: 'arm64' },
    ...{ DUMP_ON: JSON.stringify({ [QUOTED]: 'fargate' }), VERIFY_ON: 'fargate', TASK_IMAGE: IMAGE },
    ...{ POSTGRES_PASSWORD_SECRET: '', POSTGRES_AUTH: 'rds-iam', POSTGRES_RESOURCE_ID: 'db-ABC123' },
    ...{ PGSSLROOTCERT: 'system', SCRATCH_EXTENSIONS: 'vector, ogr_fdw' },
    ...{ PITR: 'on', REPLICATION_USER: 'archivist', BASE_ON: 'fargate', RECOVERY_ON: 'fargate' },
    ...{ TASK_SUBNET_IDS: 'subnet-0a, subnet-0b', TASK_SECURITY_GROUP_IDS: 'sg-0c', TASK_VCPUS: '4' },
    ALARM_TOPIC_ARN: 'arn:aws:sns:eu-central-1:123456789012:ops',
  });
  expect(run.output).toContain('Service packaged');
  expect(run.output).toContain('No room on Lambda for ogr_fdw: databases with them are verified in a task');
  written = await templateOf(run);
  resources = resolveTemplate(written).Resources;
});

afterAll(() => service?.remove());

function properties(id: string): Readonly<Record<string, Json>> {
  return resources[id]?.Properties ?? {};
}

interface Container {
  readonly Environment: readonly { readonly Name: string; readonly Value: string }[];
}

function containerOf(id: string): Container {
  const [container] = properties(id).ContainerDefinitions as unknown as Container[];
  if (container === undefined) throw new Error(`${id} has no container`);
  return container;
}

test('the template keeps to the types that AWS publishes, and nothing in it refers to itself', () => {
  expect(templateProblems(written)).toEqual([]);
  expect(cyclesOf(written)).toEqual([]);
});

test('only dump may log in to RDS, to that instance, and as that role', () => {
  const roles = Object.keys(resources).filter((name) => resources[name]?.Type === 'AWS::IAM::Role');
  const logIn = (arn: string) => roles.filter((name) => allows(resources[name], 'rds-db:connect', arn)).sort();
  const dbuser = 'arn:aws:rds-db:eu-central-1:123456789012:dbuser';
  expect(roles.length).toBeGreaterThan(7);
  expect(logIn(`${dbuser}:db-ABC123/backup`)).toEqual(['DumpRole', 'DumpTaskRole']);
  expect(logIn(`${dbuser}:db-ABC123/admin`)).toEqual([]);
  expect(logIn(`${dbuser}:db-OTHER/backup`)).toEqual([]);
});

test('the schedule starts the task for the database that is for it, and the function for the other', () => {
  const schedules = Object.values(resources).filter(({ Type }) => Type === 'AWS::Scheduler::Schedule');
  expect(schedules.map(({ Properties }) => [Properties?.Name, Properties?.ScheduleExpression])).toEqual([
    ['pgvouch-prod-dump-1', 'cron(0 2 * * ? *)'],
    ['pgvouch-prod-dump-task-2', 'cron(0 2 * * ? *)'],
  ]);
  expect(properties('DumpSchedule1').Target).toMatchObject({ Arn: '{DumpLambdaFunction.Arn}' });
  expect(properties('DumpTaskSchedule2').Target).toMatchObject({
    ...{ Arn: '{TaskCluster.Arn}', RoleArn: '{DumpTaskStarterRole.Arn}' },
    EcsParameters: {
      ...{ TaskDefinitionArn: '{DumpTaskDefinition}', LaunchType: 'FARGATE', TaskCount: 1 },
      NetworkConfiguration: { AwsvpcConfiguration: NETWORK },
    },
  });
});

test('base backups are taken by tasks alone: full ones and increments', () => {
  const rules = Object.entries(resources).filter(([id, { Type }]) => Type === 'AWS::Events::Rule' && /^Base/.test(id));
  const fired = rules.map(([, rule]) => {
    const template = targetOf(rule).InputTransformer.InputTemplate;
    const { containerOverrides } = JSON.parse(transform(template, { id: 'f1', time: '2026-11-22T01:30:00Z' }));
    const event = JSON.parse(containerOverrides[0].environment[0].value);
    return [rule.Properties?.Name, targetOf(rule).Arn, parseBaseFired(event, new Date('2026-11-22T01:31:00Z')).kind];
  });
  expect(fired).toEqual([
    ['pgvouch-prod-base-task-1', '{TaskCluster.Arn}', 'full'],
    ['pgvouch-prod-base-task-2', '{TaskCluster.Arn}', 'incremental'],
  ]);
  expect(properties('BaseTaskDefinition')).toMatchObject({
    ...{ Family: 'pgvouch-prod-base', TaskRoleArn: '{BaseTaskRole.Arn}' },
    ContainerDefinitions: [{ Image: IMAGE, Command: ['run', 'base'] }],
  });
  const { Environment } = containerOf('BaseTaskDefinition');
  expect(Environment).toContainEqual({ Name: 'BASE_TIMEOUT', Value: '43200' });
  expect(properties('BaseTask2Alarm')).toMatchObject({
    Dimensions: [{ Name: 'RuleName', Value: 'pgvouch-prod-base-task-2' }],
  });
});

test('the task gets the very event that the function would get', () => {
  const eventOf = (id: string) => firedBySchedule(resources[id], '2026-11-22T02:00:00Z');
  const { containerOverrides } = eventOf('DumpTaskSchedule2') as {
    readonly containerOverrides: readonly { readonly environment: readonly { readonly value: string }[] }[];
  };
  expect(containerOverrides).toEqual([
    { name: 'pgvouch', environment: [{ name: 'PGVOUCH_EVENT', value: expect.any(String) }] },
  ]);
  const event = JSON.parse(containerOverrides[0]?.environment[0]?.value ?? '');
  expect(event).toEqual({ ...(eventOf('DumpSchedule1') as object), detail: { database: QUOTED } });
});

test('a task is the function, in the image, with its variables', () => {
  const common = {
    ...{ RequiresCompatibilities: ['FARGATE'], NetworkMode: 'awsvpc', Cpu: '4096', Memory: '8192' },
    RuntimePlatform: { CpuArchitecture: 'ARM64', OperatingSystemFamily: 'LINUX' },
    ExecutionRoleArn: '{TaskExecutionRole.Arn}',
  };
  const container = { Name: 'pgvouch', Image: IMAGE, Essential: true, ReadonlyRootFilesystem: true, StopTimeout: 60 };
  expect(properties('DumpTaskDefinition')).toMatchObject({
    ...{ ...common, Family: 'pgvouch-prod-dump', TaskRoleArn: '{DumpTaskRole.Arn}' },
    ContainerDefinitions: [{ ...container, Command: ['run', 'dump'] }],
  });
  expect(properties('DumpTaskDefinition')).not.toHaveProperty('EphemeralStorage');
  expect(properties('VerifyTaskDefinition')).toMatchObject({
    ...{ ...common, Family: 'pgvouch-prod-verify', TaskRoleArn: '{VerifyTaskRole.Arn}' },
    EphemeralStorage: { SizeInGiB: 200 },
    ContainerDefinitions: [{ ...container, Command: ['run', 'verify'] }],
  });
  for (const name of ['Dump', 'Verify', 'Recovery']) {
    const { Variables } = properties(`${name}LambdaFunction`).Environment as unknown as { Variables: object };
    const variables = Object.fromEntries(
      containerOf(`${name}TaskDefinition`).Environment.map(({ Name, Value }) => [Name, Value]),
    );
    const {
      VERIFY_TASK: _,
      RECOVERY_TASK: __,
      TASK_SCRATCH_EXTENSIONS: ___,
      ...ofFunction
    } = Variables as Record<string, string>;
    expect(variables).toEqual({
      ...ofFunction,
      ...{ AWS_REGION: 'eu-central-1', NOTIFY_FUNCTION: 'pgvouch-prod-notify' },
    });
  }
});

test.each([
  ['Verify', 'VERIFY_TASK', 'pgvouch-prod-verify'],
  ['Recovery', 'RECOVERY_TASK', 'pgvouch-prod-recovery'],
])('%s knows the task that it may start', (name, variable, family) => {
  const { Variables } = properties(`${name}LambdaFunction`).Environment as unknown as {
    Variables: Record<string, string>;
  };
  expect(Variables.TASK_SCRATCH_EXTENSIONS).toBe(name === 'Verify' ? 'ogr_fdw' : undefined);
  expect(JSON.parse(Variables[variable] ?? '')).toEqual({
    ...{ cluster: 'pgvouch-prod', family, publicIp: false },
    ...{ subnets: NETWORK.Subnets, securityGroups: NETWORK.SecurityGroups },
  });
  expect(properties(`${name}TaskDefinition`)).toMatchObject({ Family: family, EphemeralStorage: { SizeInGiB: 200 } });
});

test('every task that stops is told to notify', () => {
  expect(properties('TaskStopped')).toMatchObject({
    EventPattern: {
      source: ['aws.ecs'],
      'detail-type': ['ECS Task State Change'],
      detail: { clusterArn: ['{TaskCluster.Arn}'], lastStatus: ['STOPPED'] },
    },
    Targets: [{ Id: 'notify', Arn: '{NotifyLambdaFunction.Arn}' }],
  });
  expect(properties('TaskStoppedPermission')).toMatchObject({
    FunctionName: '{NotifyLambdaFunction.Arn}',
    SourceArn: '{TaskStopped.Arn}',
  });
  expect(properties('ScheduleAlarm')).toMatchObject({
    ...{ Namespace: 'AWS/Scheduler', MetricName: 'InvocationDroppedCount' },
    Dimensions: [{ Name: 'ScheduleGroup', Value: 'pgvouch-prod' }],
  });
});

describe('roles', () => {
  const definition = (name: string) => `arn:aws:ecs:eu-central-1:123456789012:task-definition/pgvouch-prod-${name}:7`;
  const inCluster = { 'ecs:cluster': '{TaskCluster.Arn}' };
  const forTasks = { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' };
  const roles = () => Object.keys(resources).filter((id) => resources[id]?.Type === 'AWS::IAM::Role');
  const who = (action: string, target: string, context = {}) =>
    roles().filter((id) => allows(resources[id], action, target, context));

  test('only who has to starts a task: its own, in this cluster', () => {
    expect(who('ecs:RunTask', definition('verify'), inCluster)).toEqual(['VerifyRole']);
    expect(who('ecs:RunTask', definition('recovery'), inCluster)).toEqual(['RecoveryRole']);
    expect(who('ecs:RunTask', definition('dump'), inCluster)).toEqual(['DumpTaskStarterRole']);
    expect(who('ecs:RunTask', definition('verify'), { 'ecs:cluster': 'another' })).toEqual([]);
    expect(who('iam:PassRole', '{VerifyTaskRole.Arn}', forTasks)).toEqual(['VerifyRole']);
    expect(who('iam:PassRole', '{DumpTaskRole.Arn}', forTasks)).toEqual(['DumpTaskStarterRole']);
    expect(who('iam:PassRole', '{TaskExecutionRole.Arn}', forTasks)).toEqual([
      ...['VerifyRole', 'RecoveryRole', 'DumpTaskStarterRole', 'BaseTaskStarterRole'],
    ]);
    expect(who('ecs:RunTask', definition('base'), inCluster)).toEqual(['BaseTaskStarterRole']);
    expect(who('iam:PassRole', '{NotifyRole.Arn}', forTasks)).toEqual([]);
    expect(who('iam:PassRole', '{VerifyTaskRole.Arn}', { 'iam:PassedToService': 'ec2.amazonaws.com' })).toEqual([]);
  });

  test('a task may what its function may, less the log and the starting', () => {
    for (const name of ['Dump', 'Verify', 'Base', 'Recovery']) {
      const ofFunction = statementsOf(resources[`${name}Role`]);
      const less = ofFunction.filter(({ Action }) => !list(Action).some((one) => /^(logs|ecs|iam):/.test(one)));
      expect(statementsOf(resources[`${name}TaskRole`])).toEqual(less);
    }
    expect(who('lambda:InvokeFunction', lambdaArn('notify'))).toEqual(
      expect.arrayContaining(['DumpTaskRole', 'VerifyTaskRole']),
    );
  });

  test('they are for tasks of this account', () => {
    for (const id of ['DumpTaskRole', 'VerifyTaskRole', 'TaskExecutionRole']) {
      expect(properties(id).AssumeRolePolicyDocument).toMatchObject({
        Statement: [
          {
            Principal: { Service: 'ecs-tasks.amazonaws.com' },
            Condition: { StringEquals: { 'aws:SourceAccount': '123456789012' } },
          },
        ],
      });
    }
  });

  test('ECS pulls this image and writes this log', () => {
    const registry = 'arn:aws:ecr:eu-central-1:123456789012:repository';
    expect(who('ecr:BatchGetImage', `${registry}/pgvouch`)).toEqual(['TaskExecutionRole']);
    expect(who('ecr:BatchGetImage', `${registry}/other`)).toEqual([]);
    const group = 'arn:aws:logs:eu-central-1:123456789012:log-group:/aws/ecs/pgvouch-prod:s';
    expect(who('logs:PutLogEvents', group)).toEqual(['TaskExecutionRole']);
    expect(properties('TaskLogGroup')).toEqual({ LogGroupName: '/aws/ecs/pgvouch-prod', RetentionInDays: 90 });
  });
});
