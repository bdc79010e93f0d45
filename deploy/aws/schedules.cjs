const { allow, lambdaArn, roleOf } = require('./rights.cjs');
const { firedByScheduler } = require('./fired-event.cjs');
const settings = require('./settings.cjs');

/**
 * What fires find, or the dump of each database, on EventBridge Scheduler, which knows time zones; those whose dumps are tasks
 * are in tasks.cjs. What it leaves out when clocks change are schedules of their own, each for once.
 */
module.exports = async ({ resolveVariable }) => {
  const service = `${await resolveVariable('self:service')}-${await resolveVariable('sls:stage')}`;
  const { schedules, finds, fargate } = settings;
  const name = finds ? 'find' : 'dump';
  const capital = finds ? 'Find' : 'Dump';
  const ours = schedules.filter(({ database }) => !fargate?.databases.includes(database));
  const target = ({ detail }) => ({
    Arn: { 'Fn::GetAtt': [`${capital}LambdaFunction`, 'Arn'] },
    RoleArn: { 'Fn::GetAtt': [`${capital}SchedulerRole`, 'Arn'] },
    Input: firedByScheduler(detail),
    RetryPolicy,
  });
  const statement = allow('Invoke', 'lambda:InvokeFunction', lambdaArn(`${service}-${name}`));
  return {
    Resources: {
      ScheduleGroup: { Type: 'AWS::Scheduler::ScheduleGroup', Properties: { Name: service } },
      ...(ours.length > 0 && { [`${capital}SchedulerRole`]: roleOf([statement], undefined, schedulerIn(service)) }),
      ...Object.assign(
        {},
        ...ours.map((one) => scheduleResources(`${service}-${name}`, `${capital}Schedule`, one, target)),
      ),
    },
  };
};

/** A schedule, and one for each firing that it would leave out. */
function scheduleResources(name, id, schedule, target) {
  const { number, expression, timezone, leftOut } = schedule;
  const resource = (Name, ScheduleExpression, ScheduleExpressionTimezone) => ({
    Type: 'AWS::Scheduler::Schedule',
    Properties: {
      ...{ Name, GroupName: { Ref: 'ScheduleGroup' }, ScheduleExpression, ScheduleExpressionTimezone },
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: target(schedule),
    },
  });
  return {
    [`${id}${number}`]: resource(`${name}-${number}`, expression, timezone),
    ...Object.fromEntries(
      leftOut.map((at, index) => [
        `${id}${number}Once${index + 1}`,
        resource(`${name}-${number}-once-${index + 1}`, at, 'UTC'),
      ]),
    ),
  };
}

/** For invoking it; as long as Lambda keeps an event. */
const RetryPolicy = { MaximumEventAgeInSeconds: 21_600, MaximumRetryAttempts: 185 };

/**
 * Who takes the role over: the scheduler, for schedules of our group.
 *
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
 */
function schedulerIn(service) {
  const group = `arn:\${AWS::Partition}:scheduler:\${AWS::Region}:\${AWS::AccountId}:schedule-group/${service}`;
  return {
    Service: 'scheduler.amazonaws.com',
    Condition: {
      StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
      ArnEquals: { 'aws:SourceArn': { 'Fn::Sub': group } },
    },
  };
}

Object.assign(module.exports, { RetryPolicy, scheduleResources, schedulerIn });
