/** What serverless.yml and its CommonJS files take from TypeScript. Loaded as one module: see settings.cjs. */
export { withConfigFile } from '../../layers/settings/file/load.ts';
export { EVENT_VARIABLE, TASK_CONTAINER } from '../../layers/settings/task-variables.ts';
export { stageSuffix } from './deployment.ts';
export { fargateOf } from './fargate.ts';
export { functionDefinitions, SETTINGS_NAME, secretsOf, variablesOf } from './functions.ts';
export { databasesOf, parameterValues, plainJson, tagsOf } from './parameters.ts';
export { refreshesOf, refreshFiles } from './refreshes.ts';
export { schedulesOf } from './schedules.ts';
export { taskEnvironment } from './task-environment.ts';
