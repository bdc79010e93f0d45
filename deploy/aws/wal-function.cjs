const dumpVpc = require('./dump-vpc.cjs');
const settings = require('./settings.cjs');

/** The function that archives WAL, where that is on; it reaches the server from where dump does. */
module.exports = async (serverless) => {
  if (settings.functions.wal === undefined) return {};
  const vpc = await dumpVpc(serverless);
  return {
    wal: {
      handler: 'functions/wal/handler.handler',
      events: [{ schedule: settings.parameters.WAL_SCHEDULE }],
      role: 'WalRole',
      ...(vpc && { vpc }),
    },
  };
};
