const settings = require('./settings.cjs');

const WATCHED = [
  { name: 'Verify', suffix: 'manifest.json' }, // never half a backup, never what verify writes
  { name: 'Recovery', suffix: 'base.json' }, // the same of base backups
];

/** What the bucket tells of: each function that there is of what is written last. */
module.exports = () => {
  const { parameters, functions } = settings;
  const watched = WATCHED.filter(({ name }) => functions[name.toLowerCase()] !== undefined);
  const permissions = watched.map(({ name }) => [
    `${name}BucketPermission`,
    {
      Type: 'AWS::Lambda::Permission',
      Properties: {
        Action: 'lambda:InvokeFunction',
        FunctionName: { 'Fn::GetAtt': [`${name}LambdaFunction`, 'Arn'] },
        Principal: 's3.amazonaws.com',
        SourceAccount: { Ref: 'AWS::AccountId' }, // a bucket's ARN names no account: a stranger's could take the name over
        SourceArn: { 'Fn::Sub': `arn:\${AWS::Partition}:s3:::${parameters.BACKUP_BUCKET}` },
      },
    },
  ]);
  const LambdaConfigurations = watched.map(({ name, suffix }) => ({
    Event: 's3:ObjectCreated:*',
    Function: { 'Fn::GetAtt': [`${name}LambdaFunction`, 'Arn'] },
    Filter: {
      S3Key: {
        Rules: [
          { Name: 'prefix', Value: parameters.BACKUP_PREFIX },
          { Name: 'suffix', Value: suffix },
        ],
      },
    },
  }));
  return {
    Resources: {
      ...Object.fromEntries(permissions),
      BackupBucket: {
        DependsOn: permissions.map(([permission]) => permission), // S3 tries them when the notification is put
        Properties: { NotificationConfiguration: { LambdaConfigurations } },
      },
    },
  };
};
