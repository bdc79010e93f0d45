import * as z from 'zod';
import { FARGATE_VARIABLES } from './fargate-variables.ts';
import { FUNCTION_NAMES, FUNCTIONS } from './functions.ts';
import { ids, parameter } from './parameter.ts';
import { choice, jsonOf, namesList, numberOf, type Shape, wholeNumber } from './shapes.ts';
import type { Variable } from './variable.ts';

const arn = (service: string, resource: string, example: string): Shape<string> =>
  z
    .string()
    .regex(new RegExp(`^arn:aws[a-z-]*:${service}:[a-z0-9-]+:\\d{12}:${resource}$`), `must be an ARN like ${example}`);

/** Tags as every service takes them. @see https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html */
export const stackTags: Shape<Record<string, string>> = jsonOf(
  z
    .unknown()
    .refine((tags) => tagsSchema.safeParse(tags).success, {
      error: 'must be a JSON object such as {"team": "blue"}, in letters, digits, spaces and _ . : / = + -',
    })
    .transform((tags) => tags as Record<string, string>),
);

const tagsSchema = z.record(
  z.string().regex(/^(?!aws:)[\w./=+: -]{1,128}$/i),
  z.string().regex(/^[\w./=+: -]{1,256}$/),
);

/** One for each function. */
function perFunction(suffix: string, make: (name: (typeof FUNCTION_NAMES)[number]) => Variable) {
  return Object.fromEntries(FUNCTION_NAMES.map((name) => [`${name.toUpperCase()}_${suffix}`, make(name)]));
}

/** What only the deployment to AWS reads. */
export const AWS_VARIABLES: Readonly<Record<string, Variable>> = {
  BUCKET_NONCURRENT_DAYS: parameter(
    wholeNumber(1, 36_500),
    30,
    'How long removed or overwritten bytes can be brought back',
  ),
  BUCKET_UNFINISHED_UPLOAD_DAYS: parameter(
    wholeNumber(1, 36_500),
    7,
    'When the bucket itself clears an upload that nobody finished',
  ),
  LOG_RETENTION_DAYS: parameter(
    numberOf(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653),
    90,
    "One of CloudWatch's values",
  ),
  POSTGRES_RESOURCE_ID: parameter(
    z.string().regex(/^(db|cluster|prx)-[A-Za-z0-9]+$/, 'must be a resource ID of RDS, like db-ABCDEFGHIJKL01234'),
    undefined,
    "With `POSTGRES_AUTH=rds-iam`: the resource ID of the instance (`db-…`), Aurora cluster (`cluster-…`) or RDS Proxy (`prx-…`), not its name. dump's role may log in to it as `POSTGRES_USER`, and as nobody else",
  ),
  LAMBDA_ARCHITECTURE: parameter(choice('x86_64', 'arm64'), 'x86_64', 'Or `arm64`, for functions and layers alike'),
  ...perFunction('MEMORY_MB', (name) =>
    parameter(
      wholeNumber(128, 10_240),
      FUNCTIONS[name].memoryMb,
      name === 'dump' ? '1769 MB is one vCPU. pg_dump needs about four times the largest row' : 'Memory in MB',
    ),
  ),
  ...perFunction('STORAGE_MB', (name) =>
    parameter(
      wholeNumber(512, 10_240),
      FUNCTIONS[name].storageMb,
      name === 'verify' || name === 'recovery'
        ? 'Size of `/tmp`, into which a drill restores'
        : 'Size of `/tmp`. A dump streams and needs none',
    ),
  ),
  SCRATCH_MAJOR: parameter(
    numberOf(15, 17, 18), // the majors of the clients that serverless.yml brings
    18,
    'Major version of the scratch server in which verify tries restores. 18 serves for all servers; for a server of an older major the verdict says that the restore was tried on 18. 17 serves for 17 and older, 15 for 15 and older',
  ),
  SCRATCH_EXTENSIONS: parameter(
    namesList('vector,postgis'),
    undefined,
    "Extensions that the scratch server has beside PostgreSQL's own, separated by commas. `npm run layers` takes them from Debian; [extensions.md](extensions.md) lists them",
  ),
  SCRATCH_LOCALES: parameter(
    namesList('en_US.UTF-8,de_DE.UTF-8'),
    'en_US.UTF-8',
    'Locales of the C library that the scratch server has, separated by commas',
  ),
  ...perFunction('RESERVED_CONCURRENCY', (name) =>
    parameter(
      wholeNumber(1, 1_000),
      undefined,
      name === 'dump'
        ? 'Another name for `DUMP_CONCURRENCY`; set one of them'
        : "At most so many at once, reserved from the account's pool",
    ),
  ),
  DUMP_SUBNET_IDS: parameter(
    ids('subnet'),
    undefined,
    'Comma-separated; only together with `DUMP_SECURITY_GROUP_IDS`. See [VPC](aws.md#a-database-in-a-vpc)',
  ),
  DUMP_SECURITY_GROUP_IDS: parameter(ids('sg'), undefined, 'Comma-separated; only together with `DUMP_SUBNET_IDS`'),
  ...FARGATE_VARIABLES,
  SECRETS_KMS_KEY_ARN: parameter(
    arn('kms', 'key/[\\w-]+', 'arn:aws:kms:eu-central-1:123456789012:key/…'),
    undefined,
    "The key of your own that the secrets are encrypted with. The default, Secrets Manager's own key, needs nothing",
  ),
  ALARM_TOPIC_ARN: parameter(
    arn('sns', '[\\w-]+', 'arn:aws:sns:eu-central-1:123456789012:ops'),
    undefined,
    'An SNS topic. CloudWatch sends it a message when `notify` itself fails for good, or Lambda cannot reach it; see [alarms](aws.md#when-notify-itself-fails)',
  ),
  STACK_TAGS: parameter(
    stackTags,
    undefined,
    'Tags for everything in the stack, as a JSON object such as `{"team": "blue"}`',
  ),
};
