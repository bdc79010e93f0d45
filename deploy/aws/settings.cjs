const path = require('node:path');
const { requireTypeScript } = require('../../layers/modules/require-typescript.cjs');

const {
  databasesOf,
  fargateOf,
  functionDefinitions,
  parameterValues,
  plainJson,
  refreshesOf,
  refreshFiles,
  schedulesOf,
  secretsOf,
  stageSuffix,
  EVENT_VARIABLE,
  SETTINGS_NAME,
  TASK_CONTAINER,
  tagsOf,
  taskEnvironment,
  variablesOf,
  withConfigFile,
} = requireTypeScript(path.join(__dirname, 'settings.ts'));

/** As set, with what a pgvouch.yaml says. A bad one is refused by `problems`, and before `npm start` by its own plugin. */
function environment() {
  try {
    return withConfigFile(process.env);
  } catch (error) {
    if (error.name !== 'ConfigError') throw error;
    return process.env;
  }
}

// What serverless.yml and its CommonJS files take from layers/settings, which is TypeScript.
module.exports = {
  get parameters() {
    return parameterValues(environment());
  },
  get functions() {
    return functionDefinitions(environment());
  },
  get tags() {
    return tagsOf(environment());
  },
  /** What fires find, or dump. */
  get schedules() {
    return schedulesOf(environment(), new Date());
  },
  /** Whether databases are found on the server. */
  get finds() {
    return databasesOf(environment()).finds;
  },
  get refreshes() {
    return refreshesOf(environment());
  },
  /** The files that go along into the zip of refresh. */
  get refreshFiles() {
    return refreshFiles(environment());
  },
  /** What runs as a task; undefined if nothing does. */
  get fargate() {
    return fargateOf(environment());
  },
  taskEnvironment: (name, service) => taskEnvironment(name, environment(), service),
  /** Loaded here: `npm start` has no need of it. */
  problems: (deployment) =>
    requireTypeScript(path.join(__dirname, 'problems.ts')).parameterProblems(withConfigFile(process.env), deployment),
  secretsOf: (name) => secretsOf(name, environment()),
  /** The variables of a function that its zip has in a file; undefined if none are so long. */
  longVariablesOf: (name) => variablesOf(name, environment()).file,
  plainJson,
  stageSuffix,
  EVENT_VARIABLE,
  SETTINGS_NAME,
  TASK_CONTAINER,
};
