const dumpVpc = require('./dump-vpc.cjs');
const settings = require('./settings.cjs');

/** The function that finds the databases of the server, where `POSTGRES_DBS` has patterns; it reaches the server from where dump does. */
module.exports = async (serverless) => {
  if (settings.functions.find === undefined) return {};
  const vpc = await dumpVpc(serverless);
  return {
    find: {
      handler: 'functions/find/handler.handler',
      events: [], // schedules.cjs
      role: 'FindRole',
      ...(vpc && { vpc }),
    },
  };
};
