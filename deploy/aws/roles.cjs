const { allow, lambdaArn, rightsIn, roleOf } = require('./rights.cjs');
const settings = require('./settings.cjs');
const { startRights } = require('./tasks.cjs');

/** One role per function. */
module.exports = async ({ resolveVariable }) => {
  const { parameters, functions, fargate } = settings;
  const service = `${await resolveVariable('self:service')}-${await resolveVariable('sls:stage')}`;
  const rightsOf = rightsIn(service);
  // Lambda asks for them on every resource and refuses a narrower policy. It does so itself: the code of the function may not.
  const networkOf = (name) => [
    allow('NetworkInterfaces', VPC_ACTIONS, '*'),
    {
      ...allow('NotByTheFunctionItself', VPC_ACTIONS, '*', {
        ArnEquals: { 'lambda:SourceFunctionArn': lambdaArn(`${service}-${name}`) },
      }),
      Effect: 'Deny',
    },
  ];

  const inVpc = parameters.DUMP_SUBNET_IDS === '' ? [] : ['dump', 'find', 'wal', 'base', 'refresh'];
  const more = {
    ...Object.fromEntries(inVpc.map((name) => [name, networkOf(name)])),
    verify: fargate?.verify ? startRights(service, 'verify') : [],
    recovery: fargate?.recovery ? startRights(service, 'recovery') : [],
  };
  const roles = Object.keys(functions).map((name) => {
    const statements = [...rightsOf(name), ...(more[name] ?? [])];
    const role = roleOf(statements, `/aws/lambda/${service}-${name}`, { Service: 'lambda.amazonaws.com' });
    return [`${name[0].toUpperCase()}${name.slice(1)}Role`, role];
  });
  return { Resources: Object.fromEntries(roles) };
};

// @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
const VPC_ACTIONS = [
  'ec2:CreateNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:DeleteNetworkInterface',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
];
