/**
 * Makes one permission of those that the framework gives the schedules of dump, one for each database. Lambda keeps them
 * in a policy of at most 20 kB, which some fifty fill.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
function joinDumpPermissions({ Resources }, functionName) {
  const [first, ...others] = Object.keys(Resources).filter((id) =>
    /^DumpLambdaPermissionEventsRuleSchedule\d+$/.test(id),
  );
  if (first === undefined) return; // all in tasks
  for (const id of others) delete Resources[id];
  // Lambda compares it by StringLike.
  Resources[first].Properties.SourceArn = {
    'Fn::Sub': `arn:\${AWS::Partition}:events:\${AWS::Region}:\${AWS::AccountId}:rule/${functionName}-*`,
  };
}

module.exports = { joinDumpPermissions };
