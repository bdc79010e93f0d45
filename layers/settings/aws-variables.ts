import * as z from 'zod';
import { FUNCTION_NAMES, FUNCTIONS } from './functions.ts';
import { choice, numberOf, type Shape, wholeNumber } from './shapes.ts';
import type { Variable } from './variable.ts';

const ids = (prefix: string): Shape<string> =>
  z
    .string()
    .regex(
      new RegExp(`^${prefix}-[0-9a-f]+(\\s*,\\s*${prefix}-[0-9a-f]+)*$`),
      `must be a comma-separated list like ${prefix}-0a1b2c`,
    );

/** A parameter of the template alone: no function reads it. */
function parameter(shape: Shape<unknown>, fallback: number | string | undefined, meaning: string): Variable {
  return {
    shape,
    ...(fallback !== undefined && { default: String(fallback) }),
    meaning,
    readBy: [],
    onAws: fallback === undefined ? {} : { default: fallback },
  };
}

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
  LAMBDA_ARCHITECTURE: parameter(choice('x86_64', 'arm64'), 'x86_64', 'Or `arm64`, for functions and layers alike'),
  ...perFunction('MEMORY_MB', (name) =>
    parameter(
      wholeNumber(128, 10_240),
      FUNCTIONS[name].memoryMb,
      name === 'dump' ? '1769 MB is one vCPU. pg_dump needs about four times the largest row' : `Memory of ${name}`,
    ),
  ),
  ...perFunction('STORAGE_MB', (name) =>
    parameter(
      wholeNumber(512, 10_240),
      FUNCTIONS[name].storageMb,
      name === 'verify' ? 'Size of `/tmp`, into which a drill restores' : `Size of \`/tmp\` of ${name}`,
    ),
  ),
  SCRATCH_MAJOR: parameter(
    numberOf(15, 16, 17, 18),
    18,
    'Major version of the scratch server that verify holds drills on. It must be that of the client that dumps; backups from other clients stay `readable`',
  ),
  ...perFunction('RESERVED_CONCURRENCY', (name) =>
    parameter(
      wholeNumber(1, 1_000),
      undefined,
      name === 'dump' ? "Reserves from the account's pool, which is small in a new account" : `The same for ${name}`,
    ),
  ),
  DUMP_SUBNET_IDS: parameter(
    ids('subnet'),
    undefined,
    'Comma-separated; only together with `DUMP_SECURITY_GROUP_IDS`. See [VPC](aws.md#a-database-in-a-vpc)',
  ),
  DUMP_SECURITY_GROUP_IDS: parameter(ids('sg'), undefined, 'Comma-separated; only together with `DUMP_SUBNET_IDS`'),
};
