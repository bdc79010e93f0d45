const tsx = require('tsx/cjs/api');
const { databasesOf, parameterValues, plainJson, tagsOf } = tsx.require('./parameters.ts', __filename);
const { functionDefinitions, secretsOf } = tsx.require('./functions.ts', __filename);
const { stageSuffix } = tsx.require('./deployment.ts', __filename);

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
  /** Loaded here: `npm start` has no need of it. */
  problems: (deployment) => tsx.require('./problems.ts', __filename).parameterProblems(process.env, deployment),
  secretsOf: (name) => secretsOf(name, process.env),
  plainJson,
  stageSuffix,
};
