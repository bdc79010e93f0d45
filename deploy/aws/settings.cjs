const tsx = require('tsx/cjs/api');
const { databasesOf, parameterProblems, parameterValues, plainJson } = tsx.require('./parameters.ts', __filename);
const { functionDefinitions, secretsOf } = tsx.require('./functions.ts', __filename);

// What serverless.yml and its CommonJS files take from layers/settings, which is TypeScript.
module.exports = {
  get parameters() {
    return parameterValues(process.env);
  },
  get functions() {
    return functionDefinitions(process.env);
  },
  get databases() {
    return databasesOf(process.env).names;
  },
  get problems() {
    return parameterProblems(process.env);
  },
  secretsOf: (name) => secretsOf(name, process.env),
  plainJson,
};
