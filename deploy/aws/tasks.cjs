const { FIRED_PATHS, firedByScheduler, firedEvent } = require('./fired-event.cjs');
const { allow, rightsIn, roleOf } = require('./rights.cjs');
const { RetryPolicy, scheduleResources, schedulerIn } = require('./schedules.cjs');
const settings = require('./settings.cjs');

/** Those that restore, which takes disk. */
const DRILLS = ['verify', 'recovery'];

/** The one folder of the image that may be written to. */
const STATE_FOLDER = '/var/lib/pgvouch';

/**
 * What runs on ECS Fargate: nothing unless `DUMP_ON`, `VERIFY_ON`, `BASE_ON` or `RECOVERY_ON` asks for it.
 *
 * A task runs the same function as Lambda would, from pgvouch's image, with the same rights. The schedule starts the task of
 * a dump or a base backup; verify and recovery start their own. Each reports to notify how it ended; for one that could not, ECS does.
 */
module.exports = async ({ resolveVariable }) => {
  const { fargate } = settings;
  if (fargate === undefined) return { Resources: {} };
  const service = `${await resolveVariable('self:service')}-${await resolveVariable('sls:stage')}`;
  const isOn = {
    dump: fargate.databases.length > 0,
    verify: fargate.verify,
    base: fargate.base,
    recovery: fargate.recovery,
  };
  const names = Object.keys(isOn).filter((name) => isOn[name]);
  return {
    Resources: {
      TaskCluster: { Type: 'AWS::ECS::Cluster', Properties: { ClusterName: service } },
      TaskLogGroup: {
        Type: 'AWS::Logs::LogGroup',
        Properties: { LogGroupName: logGroupOf(service), RetentionInDays: settings.parameters.LOG_RETENTION_DAYS },
      },
      TaskExecutionRole: roleOf(pullRights(fargate.image), logGroupOf(service), ECS_TASKS),
      ...Object.assign({}, ...names.map((name) => taskResources(name, service, fargate))),
      ...(isOn.dump && dumpResources(service, fargate)),
      ...(isOn.base && baseResources(service, fargate)),
      ...toldByEcs(service),
    },
  };
};

/** The task definition of a function, and the role that its code has. */
function taskResources(name, service, { image, vcpus, memoryMb, storageGb }) {
  const { parameters } = settings;
  const variables = Object.entries(settings.taskEnvironment(name, service));
  const definition = {
    Type: 'AWS::ECS::TaskDefinition',
    Properties: {
      Family: `${service}-${name}`,
      RequiresCompatibilities: ['FARGATE'],
      NetworkMode: 'awsvpc',
      Cpu: String(1024 * vcpus),
      Memory: String(memoryMb),
      ...(DRILLS.includes(name) && { EphemeralStorage: { SizeInGiB: storageGb } }), // dumps and base backups stream
      RuntimePlatform: {
        CpuArchitecture: parameters.LAMBDA_ARCHITECTURE === 'arm64' ? 'ARM64' : 'X86_64',
        OperatingSystemFamily: 'LINUX',
      },
      TaskRoleArn: { 'Fn::GetAtt': [roleIdOf(name), 'Arn'] },
      ExecutionRoleArn: { 'Fn::GetAtt': ['TaskExecutionRole', 'Arn'] },
      Volumes: [{ Name: 'state' }],
      ContainerDefinitions: [
        {
          Name: settings.TASK_CONTAINER,
          Image: image,
          Essential: true,
          Command: ['run', name],
          Environment: variables.map(([Name, Value]) => ({ Name, Value })),
          ReadonlyRootFilesystem: true,
          MountPoints: [{ SourceVolume: 'state', ContainerPath: STATE_FOLDER }],
          StopTimeout: 60, // events/cli/run.ts leaves within it
          LogConfiguration: {
            LogDriver: 'awslogs',
            Options: {
              'awslogs-group': { Ref: 'TaskLogGroup' },
              'awslogs-region': { Ref: 'AWS::Region' },
              'awslogs-stream-prefix': name,
            },
          },
        },
      ],
    },
  };
  return {
    [`${capital(name)}TaskDefinition`]: definition,
    [roleIdOf(name)]: roleOf(rightsIn(service)(name), undefined, ECS_TASKS),
  };
}

/** The schedules whose target is the task, and the role in which EventBridge Scheduler starts it. */
function dumpResources(service, { databases, network }) {
  const target = ({ detail }) => ({
    Arn: CLUSTER_ARN,
    RoleArn: { 'Fn::GetAtt': ['DumpTaskStarterRole', 'Arn'] },
    EcsParameters: {
      TaskDefinitionArn: { Ref: 'DumpTaskDefinition' },
      ...{ LaunchType: 'FARGATE', TaskCount: 1, NetworkConfiguration: { AwsvpcConfiguration: networkOf(network) } },
    },
    Input: overridesWith(firedByScheduler(detail)),
    RetryPolicy,
  });
  const ours = settings.schedules.filter(({ database }) => databases.includes(database));
  const resources = ours.map((one) => scheduleResources(`${service}-dump-task`, 'DumpTaskSchedule', one, target));
  const starter = roleOf(startRights(service, 'dump'), undefined, schedulerIn(service));
  return { DumpTaskStarterRole: starter, ...Object.assign({}, ...resources) };
}

/** The event for the one container. */
function overridesWith(event) {
  const environment = [{ name: settings.EVENT_VARIABLE, value: event }];
  return JSON.stringify({ containerOverrides: [{ name: settings.TASK_CONTAINER, environment }] });
}

function networkOf({ subnets, securityGroups, publicIp }) {
  return { Subnets: subnets, SecurityGroups: securityGroups, AssignPublicIp: publicIp ? 'ENABLED' : 'DISABLED' };
}

/** The same of base backups: full ones, and increments. */
function baseResources(service, { network }) {
  const { BASE_SCHEDULE, BASE_INCREMENT_SCHEDULE } = settings.parameters;
  const rule = (number, schedule, kind) =>
    taskRule(`${service}-base-task-${number}`, 'base', { schedule, detail: { kind } }, network);
  return {
    BaseTaskStarterRole: starterOf(service, 'base'),
    BaseTaskSchedule1: rule(1, BASE_SCHEDULE, 'full'),
    BaseTaskSchedule2: rule(2, BASE_INCREMENT_SCHEDULE, 'incremental'),
  };
}

function starterOf(service, name) {
  return roleOf(startRights(service, name), undefined, { Service: 'events.amazonaws.com', Condition: OURS });
}

function taskRule(Name, name, { schedule, detail }, network) {
  const event = firedEvent(detail).replace(/<\w+>/g, '"$&"'); // within a text EventBridge adds no quotes
  return {
    Type: 'AWS::Events::Rule',
    Properties: {
      Name,
      ScheduleExpression: schedule,
      Targets: [
        {
          Id: 'task',
          Arn: CLUSTER_ARN,
          RoleArn: { 'Fn::GetAtt': [`${capital(name)}TaskStarterRole`, 'Arn'] },
          EcsParameters: {
            TaskDefinitionArn: { Ref: `${capital(name)}TaskDefinition` },
            LaunchType: 'FARGATE',
            TaskCount: 1,
            NetworkConfiguration: { AwsVpcConfiguration: networkOf(network) },
          },
          InputTransformer: {
            InputPathsMap: FIRED_PATHS,
            InputTemplate: overridesWith(event),
          },
          RetryPolicy,
        },
      ],
    },
  };
}

/** A task of the cluster stopped → notify. @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_task_events.html */
function toldByEcs(service) {
  const notify = { 'Fn::GetAtt': ['NotifyLambdaFunction', 'Arn'] };
  return {
    TaskStopped: {
      Type: 'AWS::Events::Rule',
      Properties: {
        Name: `${service}-task-stopped`,
        EventPattern: {
          source: ['aws.ecs'],
          'detail-type': ['ECS Task State Change'],
          detail: { clusterArn: [CLUSTER_ARN], lastStatus: ['STOPPED'] },
        },
        Targets: [{ Id: 'notify', Arn: notify }],
      },
    },
    TaskStoppedPermission: {
      Type: 'AWS::Lambda::Permission',
      Properties: {
        Action: 'lambda:InvokeFunction',
        FunctionName: notify,
        Principal: 'events.amazonaws.com',
        SourceArn: { 'Fn::GetAtt': ['TaskStopped', 'Arn'] },
      },
    },
  };
}

/** To start this task, and no other. @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html */
function startRights(service, name) {
  const definition = `arn:\${AWS::Partition}:ecs:\${AWS::Region}:\${AWS::AccountId}:task-definition/${service}-${name}:*`;
  const roles = [roleIdOf(name), 'TaskExecutionRole'].map((id) => ({ 'Fn::GetAtt': [id, 'Arn'] }));
  return [
    allow('StartTask', 'ecs:RunTask', { 'Fn::Sub': definition }, { ArnEquals: { 'ecs:cluster': CLUSTER_ARN } }),
    allow('GiveItsRoles', 'iam:PassRole', roles, { StringEquals: { 'iam:PassedToService': ECS_TASKS.Service } }),
  ];
}

/** To pull an image from the registry of an account; those of others are public. */
function pullRights(image) {
  const [, account, region, repository] =
    /^(\d{12})\.dkr\.ecr(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?\/([^:@]+)/.exec(image) ?? [];
  if (repository === undefined) return [];
  return [
    allow('PullImage', ['ecr:BatchCheckLayerAvailability', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchGetImage'], {
      'Fn::Sub': `arn:\${AWS::Partition}:ecr:${region}:${account}:repository/${repository}`,
    }),
    allow('LogInToRegistry', 'ecr:GetAuthorizationToken', '*'), // ECR knows no narrower resource here
  ];
}

const CLUSTER_ARN = { 'Fn::GetAtt': ['TaskCluster', 'Arn'] };

/** A service may be asked by anybody: only for us. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html */
const OURS = { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } };

const ECS_TASKS = { Service: 'ecs-tasks.amazonaws.com', Condition: OURS };

function logGroupOf(service) {
  return `/aws/ecs/${service}`;
}

function roleIdOf(name) {
  return `${capital(name)}TaskRole`;
}

function capital(name) {
  return `${name[0].toUpperCase()}${name.slice(1)}`;
}

module.exports.startRights = startRights;
