import * as z from 'zod';
import { absolutePath, jsonOf, namesList, type Shape, text, wholeNumber } from './shapes.ts';
import type { Variable } from './variable.ts';

/** Where a task of ECS runs, and as what. */
export interface TaskPlace {
  readonly cluster: string;
  /** The task definition's; its newest revision runs. */
  readonly family: string;
  readonly subnets: readonly string[];
  readonly securityGroups: readonly string[];
  readonly publicIp: boolean;
}

/** The name that the one container of each task definition has. */
export const TASK_CONTAINER = 'pgvouch';

/** The variable in which that container gets its event. */
export const EVENT_VARIABLE = 'PGVOUCH_EVENT';

const placeSchema: z.ZodType<TaskPlace> = z.strictObject({
  cluster: z.string(),
  family: z.string(),
  subnets: z.array(z.string()),
  securityGroups: z.array(z.string()),
  publicIp: z.boolean(),
});

const taskPlace: Shape<TaskPlace> = jsonOf(
  z.custom<TaskPlace>((place) => placeSchema.safeParse(place).success, 'must be JSON as the deployment writes it'),
);

/** What only functions on AWS read that start tasks there, and these tasks. */
export const TASK_VARIABLES = {
  VERIFY_TASK: {
    shape: taskPlace,
    meaning: 'The task on ECS that gets what verify has no disk or time for. The deployment sets it',
    readBy: ['verify'],
  },
  VERIFY_TASK_FROM_GB: {
    shape: wholeNumber(0, 1_000_000),
    meaning: 'Databases of so many GB or more are for that task, whatever room there is here. 0 means all',
    readBy: ['verify'],
    onAws: {
      meaning:
        'With `VERIFY_ON=fargate`, databases of so many GB or more are verified in a task, even if `/tmp` has room for them. 0 means all',
    },
  },
  TASK_SCRATCH_EXTENSIONS: {
    shape: namesList('vector,postgis'),
    meaning:
      'The extensions that had no room in the layer, separated by commas. Backups that need one of them go to that task. The deployment sets it',
    readBy: ['verify'],
  },
  RECOVERY_TASK: {
    shape: taskPlace,
    meaning: 'The task on ECS that gets what recovery has no server, disk or time for. The deployment sets it',
    readBy: ['recovery'],
  },
  [EVENT_VARIABLE]: {
    shape: text,
    meaning: 'The event for `pgvouch run`, as JSON. Whatever starts the task sets it',
    readBy: [],
  },
  PGVOUCH_SETTINGS_FILE: {
    shape: absolutePath,
    meaning:
      'A JSON file beside the code of a Lambda function, with those variables that are too long for its environment. The deployment sets it',
    readBy: [],
  },
  DUMP_FUNCTION: {
    shape: text,
    without: 'whoever runs find',
    meaning: 'The Lambda function that find invokes for each database that it has found. The deployment sets it',
    readBy: ['find'],
  },
  NOTIFY_FUNCTION: {
    shape: text,
    without: 'nobody',
    meaning: 'The Lambda function that gets the record of how `pgvouch run` ended. The deployment sets it',
    readBy: [],
  },
} as const satisfies Readonly<Record<string, Variable>>;
