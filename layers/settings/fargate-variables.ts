import * as z from 'zod';
import { ids, parameter } from './parameter.ts';
import { choice, jsonOf, numberOf, type Shape, text, wholeNumber } from './shapes.ts';
import type { Variable } from './variable.ts';

const PLACES = ['lambda', 'fargate'] as const;

/** Where something runs. */
export type Place = (typeof PLACES)[number];

const FORM = 'must be lambda or fargate, or a JSON object of them by database, such as {"shop": "fargate"}';

/** For all databases, or for those that are named. */
export const dumpOn: Shape<Place | Readonly<Record<string, Place>>> = z.union(
  [choice(...PLACES), jsonOf(z.record(z.string(), z.enum(PLACES)))],
  FORM,
);

/**
 * What memory each number of virtual processors may have: from, to and in steps of so many MB.
 *
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size
 */
const MEMORY_MB: Readonly<Record<string, readonly [from: number, to: number, step: number]>> = {
  '0.5': [1_024, 4_096, 1_024],
  '1': [2_048, 8_192, 1_024],
  '2': [4_096, 16_384, 1_024],
  '4': [8_192, 30_720, 1_024],
  '8': [16_384, 61_440, 4_096],
  '16': [32_768, 122_880, 8_192],
};

const VCPUS = Object.keys(MEMORY_MB)
  .map(Number)
  .sort((a, b) => a - b);

/** Why Fargate has no such task; undefined if it has. */
export function sizeProblem(vcpus: number, memoryMb: number): string | undefined {
  const [from = 0, to = 0, step = 1] = MEMORY_MB[String(vcpus)] ?? [];
  if (memoryMb >= from && memoryMb <= to && memoryMb % step === 0) return undefined;
  return `TASK_MEMORY_MB must be from ${from} to ${to} in steps of ${step} with TASK_VCPUS=${vcpus}`;
}

/** What runs as a task on ECS Fargate, and how large a task is. */
export const FARGATE_VARIABLES: Readonly<Record<string, Variable>> = {
  DUMP_ON: parameter(
    dumpOn,
    'lambda',
    '`fargate` dumps in a [task](aws.md#larger-than-a-function), for as long as `DUMP_TIMEOUT` allows: by default 12 hours then. Or a JSON object by database, such as `{"shop": "fargate"}`; the others stay on Lambda',
  ),
  VERIFY_ON: parameter(
    choice(...PLACES),
    'lambda',
    '`fargate` verifies in a task what the function has no disk or time for; see `VERIFY_TASK_FROM_GB`',
  ),
  BASE_ON: parameter(
    choice(...PLACES),
    'lambda',
    '`fargate` takes base backups in a task, for as long as `BASE_TIMEOUT` allows: by default 12 hours then',
  ),
  RECOVERY_ON: parameter(
    choice(...PLACES),
    'lambda',
    '`fargate` holds those recovery drills in a task that the function has no disk or time for, or no scratch server of the major',
  ),
  TASK_IMAGE: parameter(
    text,
    undefined,
    "The URI of pgvouch's image, for tasks: `123456789012.dkr.ecr.eu-central-1.amazonaws.com/pgvouch:1.0.0`",
  ),
  TASK_VCPUS: parameter(numberOf(...VCPUS), 2, 'Processors of a task: 0.5, 1, 2, 4, 8 or 16'),
  TASK_MEMORY_MB: parameter(
    wholeNumber(1_024, 122_880),
    8_192,
    'Memory of a task in MB, of which Fargate has 2 to 8 GB for each processor',
  ),
  TASK_STORAGE_GB: parameter(
    wholeNumber(21, 200),
    200,
    "Disk of verify's and recovery's task in GiB, image and what is restored together",
  ),
  TASK_SUBNET_IDS: parameter(ids('subnet'), undefined, 'Subnets of tasks, comma-separated. Without it, those of dump'),
  TASK_SECURITY_GROUP_IDS: parameter(
    ids('sg'),
    undefined,
    'Security groups of tasks, comma-separated. Without it, those of dump',
  ),
  TASK_PUBLIC_IP: parameter(
    choice('on', 'off'),
    'off',
    '`on` gives tasks a public address, for public subnets without VPC endpoints',
  ),
};
