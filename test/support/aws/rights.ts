import { REQUIRED } from './deployment-parameters.ts';
import { lambdaArn } from './event-rules.ts';

/** What may be done, to what, by whom (in the order of the functions), and with what in the request. */
export type Right = [
  action: string,
  target: string,
  whom: readonly string[],
  context?: Readonly<Record<string, string>>,
];

/** Of each kind of thing in a bucket, and beside it: who may do what, and what nobody may. */
export function rightsIn(bucket: string): Right[] {
  const backup = `${bucket}/pgvouch/shop/2026-11-22T02-00-00Z`;
  return [
    ['s3:PutObject', `${backup}/archive-1.dump`, ['Dump']],
    ['s3:PutObject', `${backup}/globals-1.sql`, ['Dump']],
    ['s3:PutObject', `${bucket}/pgvouch/.globals/7/2026-11-22T02-00-00Z/globals-1-2.sql`, ['Dump']],
    ['s3:GetObject', `${bucket}/pgvouch/.globals/7/2026-11-22T02-00-00Z/globals-1-2.sql`, ['Verify']],
    ['s3:PutObjectTagging', `${bucket}/pgvouch/.globals/7/2026-11-22T02-00-00Z/globals-1-2.sql`, ['Retention']],
    ['s3:PutObject', `${backup}/manifest.json`, ['Dump']],
    ['s3:PutObject', `${backup}/verdict-restorable.json`, ['Verify']],
    ['s3:PutObject', `${backup}/retired.json`, ['Retention']],
    ['s3:PutObject', `${backup}/undone.json`, ['Retention']],
    ['s3:PutObject', `${backup}/kept.json`, []],
    ['s3:PutObject', `${bucket}/pgvouch/retention.json`, ['Retention']],
    ['s3:PutObject', `${bucket}/pgvouch/retention-notes.json`, ['Retention']],
    ['s3:PutObject', `${bucket}/pgvouch/summary.json`, ['Exporter']],
    ['s3:PutObject', `${bucket}/pgvouch/shop/summary.json`, []],
    ['s3:GetObject', `${bucket}/pgvouch/summary.json`, ['Exporter']],
    ['s3:GetObject', `${bucket}/pgvouch/retention-notes.json`, ['Retention']],
    ['s3:GetObject', `${bucket}/pgvouch/retention.json`, ['Retention', 'Exporter']],
    ['s3:GetObject', `${backup}/verdict-corrupt.json`, ['Verify', 'Exporter']],
    ['s3:GetObject', `${backup}/retired.json`, ['Retention', 'Exporter']],
    ['s3:PutObject', `${bucket}/pgvouch/shop/failures/2026.json`, ['Notify']],
    ['s3:PutObject', `${bucket}/pgvouch/failures/2026.json`, ['Notify']],
    ['s3:PutObject', `${bucket}/pgvouch/shop/failures/trouble-dump.json`, ['Notify']],
    ['s3:PutObject', `${bucket}/elsewhere/archive-1.dump`, []],
    ['s3:GetObject', `${backup}/archive-1.dump`, ['Verify']],
    ['s3:GetObject', `${backup}/manifest.json`, ['Dump', 'Verify', 'Retention', 'Exporter']],
    ['s3:GetObject', `${backup}/kept.json`, ['Retention']],
    ['s3:GetObject', `${bucket}/pgvouch/shop/failures/2026.json`, ['Exporter', 'Notify']],
    ['s3:GetObject', `${bucket}/elsewhere/manifest.json`, []],
    ['s3:GetObject', `${backup}/globals-1.sql`, ['Verify']],
    ['s3:GetObjectTagging', `${backup}/archive-1.dump`, []],
    ['s3:ListMultipartUploadParts', `${backup}/archive-1.dump`, []],
    ['s3:PutObjectTagging', `${backup}/archive-1.dump`, ['Retention']],
    ['s3:DeleteObjectTagging', `${backup}/archive-1.dump`, ['Retention']],
    ['s3:AbortMultipartUpload', `${backup}/archive-1.dump`, ['Dump', 'Retention']],
    ['s3:ListBucketMultipartUploads', bucket, ['Dump', 'Retention']],
    ['s3:ListBucket', bucket, ['Dump', 'Verify', 'Retention', 'Exporter', 'Notify'], {}], // or a missing object is a 403
    ['s3:ListBucket', bucket, ['Dump', 'Verify', 'Retention', 'Exporter', 'Notify'], { 's3:prefix': 'pgvouch/shop/' }],
    ['s3:ListBucket', bucket, [], { 's3:prefix': 'elsewhere/' }],
    ['s3:DeleteObject', `${backup}/archive-1.dump`, []],
    ['s3:DeleteObjectVersion', `${backup}/archive-1.dump`, []],
    ['s3:PutLifecycleConfiguration', bucket, []],
    ['s3:GetLifecycleConfiguration', bucket, ['Exporter']],
    ['secretsmanager:GetSecretValue', REQUIRED.POSTGRES_PASSWORD_SECRET, ['Dump']],
    ['secretsmanager:GetSecretValue', REQUIRED.METRICS_TOKEN_SECRET, ['Exporter']],
    ['lambda:InvokeFunction', lambdaArn('notify'), ['Dump', 'Verify', 'Retention']],
    ['lambda:InvokeFunction', lambdaArn('dump'), []],
    ['logs:PutLogEvents', 'arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/pgvouch-prod-dump:s', ['Dump']],
    ['ec2:CreateNetworkInterface', '*', []],
  ];
}
