const settings = require('./settings.cjs');

/**
 * What notify cannot report: that it failed itself, that Lambda could not reach it, or that EventBridge cannot start a task.
 * None without `ALARM_TOPIC_ARN`.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
 */
module.exports = async ({ resolveVariable }) => {
  const { parameters, functions, fargate } = settings;
  if (parameters.ALARM_TOPIC_ARN === '') return { Resources: {} };
  const service = `${await resolveVariable('self:service')}-${await resolveVariable('sls:stage')}`;
  const alarm = (name, MetricName, AlarmDescription) =>
    alarmOf(name, AlarmDescription, {
      ...{ Namespace: 'AWS/Lambda', MetricName },
      Dimensions: [{ Name: 'FunctionName', Value: `${service}-${name}` }],
    });
  const alarmOf = (name, AlarmDescription, metric) => [
    `${name[0].toUpperCase()}${name.slice(1)}Alarm`,
    {
      Type: 'AWS::CloudWatch::Alarm',
      Properties: {
        AlarmDescription,
        AlarmActions: [parameters.ALARM_TOPIC_ARN],
        ...metric,
        Statistic: 'Sum',
        Period: 300,
        EvaluationPeriods: 1,
        Threshold: 1,
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
        TreatMissingData: 'notBreaching',
      },
    },
  ];
  const ofStart = (name, number, what) =>
    alarmOf(`${name}Task${number}`, `pgvouch: EventBridge could not start the task of ${what}`, {
      ...{ Namespace: 'AWS/Events', MetricName: 'FailedInvocations' },
      Dimensions: [{ Name: 'RuleName', Value: `${service}-${name}-task-${number}` }],
    });
  const telling = Object.keys(functions).filter((name) => functions[name].destinations !== undefined);
  return {
    Resources: Object.fromEntries([
      alarm(
        'notify',
        'AsyncEventsDropped',
        'pgvouch: notify failed for good. Its log has what people have not heard of',
      ),
      ...telling.map((name) =>
        alarm(name, 'DestinationDeliveryFailures', `pgvouch: Lambda could not report to notify how ${name} ended`),
      ),
      alarmOf('schedule', 'pgvouch: EventBridge Scheduler could not fire a dump', {
        ...{ Namespace: 'AWS/Scheduler', MetricName: 'InvocationDroppedCount' },
        Dimensions: [{ Name: 'ScheduleGroup', Value: service }],
      }),
      ...(fargate?.base ? [1, 2].map((number) => ofStart('base', number, 'a base backup')) : []),
    ]),
  };
};
