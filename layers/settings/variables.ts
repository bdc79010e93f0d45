import type * as z from 'zod';
import { BUCKET_VARIABLES } from './bucket-variables.ts';
import { DATABASE_VARIABLES } from './database-variables.ts';
import { DRILL_VARIABLES } from './drill-variables.ts';
import { DUMP_VARIABLES } from './dump-variables.ts';
import { ENCRYPTION_VARIABLES } from './encryption-variables.ts';
import type { FunctionName } from './functions.ts';
import { LOCAL_VARIABLES } from './local-variables.ts';
import { METRICS_VARIABLES } from './metrics-variables.ts';
import { NOTIFICATION_VARIABLES } from './notification-variables.ts';
import { PITR_VARIABLES } from './pitr-variables.ts';
import { RETENTION_VARIABLES } from './retention-variables.ts';
import { SELECTION_VARIABLES } from './selection-variables.ts';
import { TASK_VARIABLES } from './task-variables.ts';
import type { Variable } from './variable.ts';

/** By the headings that docs/configuration.md has for them. */
export const GROUPS = {
  database: { ...DATABASE_VARIABLES, ...DUMP_VARIABLES },
  selection: SELECTION_VARIABLES,
  encryption: ENCRYPTION_VARIABLES,
  bucket: BUCKET_VARIABLES,
  drills: DRILL_VARIABLES,
  retention: RETENTION_VARIABLES,
  pitr: PITR_VARIABLES,
  notifications: NOTIFICATION_VARIABLES,
  metrics: METRICS_VARIABLES,
  task: TASK_VARIABLES,
  local: LOCAL_VARIABLES,
} as const;

/**
 * Every variable that a function, the local stack or the command line reads. A new one is an entry in its group, and the
 * code that reads it: functions get it, AWS has it as a parameter if it says so, and `npm run docs:variables` tells of it.
 */
export const VARIABLES = {
  ...DATABASE_VARIABLES,
  ...DUMP_VARIABLES,
  ...SELECTION_VARIABLES,
  ...BUCKET_VARIABLES,
  ...ENCRYPTION_VARIABLES,
  ...DRILL_VARIABLES,
  ...RETENTION_VARIABLES,
  ...PITR_VARIABLES,
  ...NOTIFICATION_VARIABLES,
  ...METRICS_VARIABLES,
  ...TASK_VARIABLES,
  ...LOCAL_VARIABLES,
} as const;

export type VariableName = keyof typeof VARIABLES;

/** Those that `…_SECRET` and `…_FILE` may stand for. */
export type SecretName = {
  [Name in VariableName]: (typeof VARIABLES)[Name] extends { readonly secret: true } ? Name : never;
}[VariableName];

/** What a variable is read as. */
export type ValueOf<Name extends VariableName> =
  | z.output<(typeof VARIABLES)[Name]['shape']>
  | ((typeof VARIABLES)[Name] extends { readonly default: string } ? never : undefined);

const functionsVariables: ReadonlySet<string> = new Set(
  Object.entries<Variable>(VARIABLES).flatMap(([name, { readBy, secret }]) =>
    readBy.length === 0 ? [] : secret ? secretNames(name) : [name],
  ),
);

/** Every variable that may give a secret: the value, the ARN of a secret of AWS, the path of a file. */
export function secretNames(name: string): string[] {
  return [name, `${name}_SECRET`, `${name}_FILE`];
}

/** The variables that may give a secret, of those that other functions read and this one does not. */
export function secretsOfOthers(name: FunctionName): string[] {
  return Object.entries<Variable>(VARIABLES).flatMap(([variable, { readBy, secret }]) =>
    secret && readBy.length > 0 && !readBy.includes(name) ? secretNames(variable) : [],
  );
}

/** Whether any function reads a variable, itself or as the place of a secret. */
export function isReadByFunctions(name: string): boolean {
  return functionsVariables.has(name);
}
