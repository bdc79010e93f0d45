const dumpVpc = require('./dump-vpc.cjs');
const { FIRED_PATHS, firedEvent } = require('./fired-event.cjs');
const settings = require('./settings.cjs');

/**
 * The function that takes base backups, where there is point-in-time recovery; it reaches the server from where dump does.
 * Nothing fires it if tasks take them.
 */
module.exports = async (serverless) => {
  if (settings.functions.base === undefined) return {};
  const vpc = await dumpVpc(serverless);
  const schedule = (rate, kind) => ({
    schedule: {
      rate: [rate],
      inputTransformer: { inputPathsMap: FIRED_PATHS, inputTemplate: firedEvent({ kind }) },
    },
  });
  const { BASE_SCHEDULE, BASE_INCREMENT_SCHEDULE } = settings.parameters;
  return {
    base: {
      handler: 'functions/base/handler.handler',
      events: settings.fargate?.base
        ? []
        : [schedule(BASE_SCHEDULE, 'full'), schedule(BASE_INCREMENT_SCHEDULE, 'incremental')],
      role: 'BaseRole',
      ...(vpc && { vpc }),
    },
  };
};
