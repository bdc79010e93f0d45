const path = require('node:path');
const { requireTypeScript } = require('../../layers/modules/require-typescript.cjs');

const {
  databasesOf,
  fargateOf,
  functionDefinitions,
  parameterValues,
  plainJson,
  secretsOf,
  stageSuffix,
  tagsOf,
  taskEnvironment,
} = requireTypeScript(path.join(__dirname, 'settings.ts'));

// What serverless.yml and its CommonJS files take from layers/settings, which is TypeScript.
module.exports = {
  get parameters() {
    return parameterValues(process.env);
  },
  get functions() {
    return functionDefinitions(process.env);
  },
  get tags() {
    return tagsOf(process.env);
  },
  get databases() {
    return databasesOf(process.env).names;
  },
  /** Whether databases are found on the server. */
  get finds() {
    return databasesOf(process.env).finds;
  },
  /** What runs as a task; undefined if nothing does. */
  get fargate() {
    return fargateOf(process.env);
  },
  taskEnvironment: (name, service) => taskEnvironment(name, process.env, service),
  /** Loaded here: `npm start` has no need of it. */
  problems: (deployment) =>
    requireTypeScript(path.join(__dirname, 'problems.ts')).parameterProblems(process.env, deployment),
  secretsOf: (name) => secretsOf(name, process.env),
  plainJson,
  stageSuffix,
};
