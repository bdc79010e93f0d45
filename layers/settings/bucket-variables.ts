import * as z from 'zod';
import { FUNCTION_NAMES } from './functions.ts';
import { anyText, choice, type Shape, url, wholeNumber } from './shapes.ts';
import type { Variable } from './variable.ts';

const bucketName: Shape<string> = z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, {
  message: "must be a bucket's name: 3 to 63 lower-case letters, digits, dots and hyphens",
});

const withSlash = (value: string) => (value.endsWith('/') ? value : `${value}/`);

const prefix: Shape<string> = z
  .string()
  .transform(withSlash)
  .refine((value) => /^[^/][\x21-\x7e]*$/.test(value) && !value.includes('//'), {
    message: 'must be printable ASCII without spaces, not begin with a slash and not contain two in a row',
  });

/** Narrower than what S3 takes: there the prefix also stands in policies, where * ? and $ would mean something. */
const prefixInPolicies: Shape<string> = z
  .string()
  .transform(withSlash)
  .refine((value) => /^(?:[\w.!'()-]+\/)+$/.test(value), {
    message: "must consist of letters, digits and _ . ! ' ( ) - in segments that end in a slash",
  });

const PREFIX = 'pgvouch/';

/** Where the backups are. */
export const BUCKET_VARIABLES = {
  MINIO_ENDPOINT: {
    shape: url,
    without: 'embedded',
    meaning:
      'The S3 server, such as `http://minio.internal:9000`. The functions on Lambda and the command line use S3 on AWS without it',
    common: true,
    readBy: FUNCTION_NAMES,
    file: { at: 'bucket.endpoint' },
  },
  MINIO_ACCESS_KEY: {
    shape: anyText,
    without: 'embedded',
    meaning: 'Its access key',
    common: true,
    readBy: FUNCTION_NAMES,
    file: { at: 'bucket.accessKey' },
    secret: true,
  },
  MINIO_SECRET_KEY: {
    shape: anyText,
    without: 'embedded',
    meaning: 'Its secret key',
    common: true,
    readBy: FUNCTION_NAMES,
    file: { at: 'bucket.secretKey' },
    secret: true,
  },
  BACKUP_BUCKET: {
    shape: bucketName,
    default: 'postgres-backups',
    meaning: 'The bucket',
    readBy: FUNCTION_NAMES,
    file: { at: 'bucket.name' },
    onAws: {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the framework and CloudFormation fill it in
      default: 'postgres-backups-${AWS::AccountId}-${AWS::Region}${self:custom.stageSuffix}',
      without: '`postgres-backups-<account>-<region>`, with `-<stage>` for a stage other than `prod`',
      meaning: 'The bucket. The stack creates it',
    },
  },
  BACKUP_PREFIX: {
    shape: prefix,
    default: PREFIX,
    meaning: 'The folder in the bucket. pgvouch never touches anything outside it',
    readBy: FUNCTION_NAMES,
    file: { at: 'bucket.prefix', per: 'server' },
    onAws: {
      default: PREFIX,
      shape: prefixInPolicies,
      meaning: "The folder in the bucket: letters, digits and `_ . ! ' ( ) -`, in segments that end in a slash",
    },
  },
  AWS_REGION: {
    shape: anyText,
    default: 'us-east-1',
    meaning: "The bucket's region",
    readBy: FUNCTION_NAMES,
    file: { at: 'bucket.region' },
  },
  MINIO_NOTIFY_ARN: {
    shape: anyText,
    meaning:
      "The target of the bucket's notifications, as configured in your S3 server. Without it, verify looks every `LOCAL_VERIFY_INTERVAL`",
    readBy: [],
    file: { at: 'bucket.notifyArn' },
  },
  AWS_REQUEST_CHECKSUM_CALCULATION: {
    shape: choice('when_supported', 'when_required'),
    default: 'when_supported',
    meaning:
      "Set it to `when_required` if the store refuses checksum headers (`x-amz-checksum-…`), or requires Content-MD5 for objects under a lock. Uploads then carry Content-MD5. verify compares the archive's SHA-256 in any case",
    readBy: FUNCTION_NAMES,
    file: { at: 'bucket.checksums' },
  },
  UPLOAD_MAX_PARTS: {
    shape: wholeNumber(1, 10_000),
    default: '10000',
    meaning: 'The most parts the store accepts in one upload. Some accept 1,000',
    readBy: ['dump'],
    file: { at: 'bucket.maxParts' },
    onAws: {},
  },
} as const satisfies Readonly<Record<string, Variable>>;
