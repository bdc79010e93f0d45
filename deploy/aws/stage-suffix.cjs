const { stageSuffix } = require('./settings.cjs');

/** For names that an account and a region have once, so that each stage has its own. */
module.exports = async ({ resolveVariable }) => stageSuffix(await resolveVariable('sls:stage'));
