const settings = require('./settings.cjs');

/**
 * What each function may do, the least it needs: beside that its role, or its task's, may write its log. What nobody may, on
 * purpose: s3:DeleteObject, changing the bucket's lifecycle or policy, and anything on objects outside our prefix.
 * docs/aws.md gives the reasons one by one.
 *
 * @param service - with the stage: `pgvouch-prod`
 * @returns of a function's name its statements
 */
function rightsIn(service) {
  const { parameters } = settings;
  const bucketArn = `arn:\${AWS::Partition}:s3:::${parameters.BACKUP_BUCKET}`;
  const prefix = parameters.BACKUP_PREFIX;
  const objects = (...names) => names.map((name) => ({ 'Fn::Sub': `${bucketArn}/${prefix}${name}` }));
  const bucket = { 'Fn::Sub': bucketArn };

  // A listing must name our prefix. Whether somebody may list also decides if S3 says 404 or 403 of a missing object, and
  // that request names no prefix: without `IfExists` every "is there one yet?" would be answered with "denied".
  const list = allow('ListOurPrefix', 's3:ListBucket', bucket, { StringLikeIfExists: { 's3:prefix': `${prefix}*` } });
  const unfinishedUploadsOf = (...names) => [
    allow('SeeUnfinishedUploads', 's3:ListBucketMultipartUploads', bucket), // S3 knows no condition on a prefix here
    allow('ClearUnfinishedUploads', 's3:AbortMultipartUpload', objects(...names)),
  ];
  const unfinishedUploads = unfinishedUploadsOf('*/archive-*.dump', '*/globals-*.sql');
  const wal = ['.clusters/*/wal/*', '.clusters/*/cluster.json'];
  const baseFiles = ['.clusters/*/base/*/*.tar.zst', '.clusters/*/base/*/backup_manifest'];
  const secretsOf = (name) => {
    const arns = settings.secretsOf(name);
    if (arns.length === 0) return [];
    const key = parameters.SECRETS_KMS_KEY_ARN;
    const viaSecretsManager = {
      StringEquals: { 'kms:ViaService': { 'Fn::Sub': `secretsmanager.\${AWS::Region}.\${AWS::URLSuffix}` } },
    };
    return [
      allow('ReadSecret', 'secretsmanager:GetSecretValue', arns),
      ...(key === '' ? [] : [allow('DecryptSecret', 'kms:Decrypt', key, viaSecretsManager)]),
    ];
  };
  // Of that role on that server alone. AWS names both in the resource.
  const rdsLogin =
    parameters.POSTGRES_AUTH === 'rds-iam'
      ? allow('LogInToRds', 'rds-db:connect', {
          'Fn::Sub': `arn:\${AWS::Partition}:rds-db:\${AWS::Region}:\${AWS::AccountId}:dbuser:${parameters.POSTGRES_RESOURCE_ID}/${parameters.POSTGRES_USER}`,
        })
      : [];
  // Which databases the server has, where they are found.
  const document = objects('databases.json');
  const found = settings.finds ? allow('RecordFound', ['s3:PutObject', 's3:GetObject'], document) : [];
  const readFound = settings.finds ? allow('ReadFound', 's3:GetObject', document) : [];
  // Lambda tells them in the name of the function that has ended; a task tells them itself.
  const alarm = ({ onFailure, onSuccess }) => {
    const told = [...new Set([onFailure, onSuccess])].map((name) => lambdaArn(`${service}-${name}`));
    return allow('TellOfTheEnd', 'lambda:InvokeFunction', told);
  };
  // Beside the secrets that each reads, and the right to tell how it ended.
  const rights = {
    find: [
      list, // whose last archive is largest?
      found,
      allow('Dump', 'lambda:InvokeFunction', lambdaArn(`${service}-dump`)),
      rdsLogin,
    ],
    dump: [
      list,
      allow('WriteBackups', 's3:PutObject', objects('*/archive-*.dump', '*/globals-*.sql', '*/manifest.json')),
      allow('ReadManifests', 's3:GetObject', objects('*/manifest.json', '*/server.json')), // is there one, and of which server?
      found, // one that was dropped meanwhile is written down as gone
      unfinishedUploads,
      rdsLogin,
    ],
    verify: [
      list,
      allow(
        'ReadBackups',
        's3:GetObject',
        objects('*/archive-*.dump', '*/globals-*.sql', '*/manifest.json', '*/verdict-*.json', '*/drill.json'),
      ),
      allow('WriteVerdicts', 's3:PutObject', objects('*/verdict-*.json', '*/drill.json')),
    ],
    retention: [
      list,
      allow('ReadMarks', 's3:GetObject', [
        ...objects('*/manifest.json', '*/retired.json', '*/kept.json', 'retention.json', 'retention-notes.json'),
        ...objects('.clusters/*/cluster.json', '.clusters/*/base.json', '.clusters/*/wal/*.history'),
      ]),
      allow(
        'WriteMarks',
        's3:PutObject',
        objects('*/retired.json', '*/undone.json', 'retention.json', 'retention-notes.json'),
      ),
      allow('Tag', ['s3:PutObjectTagging', 's3:DeleteObjectTagging'], objects('*')),
      unfinishedUploads,
    ],
    wal: [
      list,
      allow('WriteWal', 's3:PutObject', objects(...wal)),
      allow('ReadWal', 's3:GetObject', objects(...wal)), // where does it end, and is it the same?
    ],
    base: [
      list,
      allow('WriteBases', 's3:PutObject', objects(...wal, ...baseFiles, '.clusters/*/base/*/base.json')),
      // Where does the WAL end, and is it the same? What can an increment stand on?
      allow('ReadBases', 's3:GetObject', objects(...wal, baseFiles[1], '.clusters/*/base/*/base.json')),
      unfinishedUploadsOf(...baseFiles),
    ],
    recovery: [
      list,
      // Dumps' manifests are compared with what was recovered.
      allow('ReadClusters', 's3:GetObject', objects('.clusters/*', '*/manifest.json')),
      allow('WriteVerdicts', 's3:PutObject', objects('.clusters/*/base/*/verdict-*.json', '.clusters/*/drill.json')),
    ],
    refresh: [
      list,
      allow('ReadBackups', 's3:GetObject', objects('*/archive-*.dump', '*/manifest.json', '*/retired.json')),
      allow('RecordRefresh', ['s3:PutObject', 's3:GetObject'], objects('refresh-*.json')),
    ],
    exporter: [
      list,
      allow('ReadState', 's3:GetObject', [
        ...objects('*/manifest.json', '*/verdict-*.json', '*/drill.json', '*/retired.json'),
        ...objects('retention.json', 'summary.json', 'refresh-*.json'),
        ...objects('failures/*.json', '*/failures/*.json'),
        ...objects(
          '.clusters/*/cluster.json',
          '.clusters/*/base.json',
          '.clusters/*/wal/*.history',
          '.clusters/*/wal/status.json',
        ),
      ]),
      readFound,
      allow('WriteSummary', 's3:PutObject', objects('summary.json')),
      allow('SeeLifecycle', 's3:GetLifecycleConfiguration', bucket), // are tagged objects removed at all?
    ],
    notify: [
      list, // is there a trouble? A 404 says no.
      allow('RecordFailures', ['s3:PutObject', 's3:GetObject'], objects('failures/*.json', '*/failures/*.json')),
      readFound, // whose dead-man's switches?
    ],
  };

  return (name) => {
    if (rights[name] === undefined) throw new Error(`deploy/aws/rights.cjs says nothing of the function ${name}`);
    const { destinations } = settings.functions[name];
    return [...rights[name], secretsOf(name), destinations === undefined ? [] : alarm(destinations)].flat();
  };
}

function lambdaArn(name) {
  return { 'Fn::Sub': `arn:\${AWS::Partition}:lambda:\${AWS::Region}:\${AWS::AccountId}:function:${name}` };
}

function allow(Sid, Action, Resource, Condition) {
  return { Sid, Effect: 'Allow', Action, Resource, ...(Condition && { Condition }) };
}

/**
 * @param logGroup - where it writes its log; undefined where the platform does that for it
 * @param principal - who takes the role over, and under what condition
 */
function roleOf(statements, logGroup, { Service, Condition }) {
  const logs = allow('Log', ['logs:CreateLogStream', 'logs:PutLogEvents'], {
    'Fn::Sub': `arn:\${AWS::Partition}:logs:\${AWS::Region}:\${AWS::AccountId}:log-group:${logGroup}:*`,
  });
  const Statement = [...(logGroup === undefined ? [] : [logs]), ...statements];
  const trust = { Effect: 'Allow', Principal: { Service }, Action: 'sts:AssumeRole', ...(Condition && { Condition }) };
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: { Version: '2012-10-17', Statement: [trust] },
      Policies: [{ PolicyName: 'least', PolicyDocument: { Version: '2012-10-17', Statement } }],
    },
  };
}

module.exports = { allow, lambdaArn, rightsIn, roleOf };
