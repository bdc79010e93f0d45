const { FIRED_PATHS, firedEvent } = require('./fired-event.cjs');
const dumpVpc = require('./dump-vpc.cjs');
const settings = require('./settings.cjs');

/** The function that refreshes databases elsewhere, where the file names some; it reaches their servers from where dump does. */
module.exports = async (serverless) => {
  if (settings.functions.refresh === undefined) return {};
  const vpc = await dumpVpc(serverless);
  const service = `${await serverless.resolveVariable('self:service')}-${await serverless.resolveVariable('sls:stage')}`;
  const scheduled = settings.refreshes.filter(({ schedule }) => schedule !== undefined);
  return {
    refresh: {
      handler: 'functions/refresh/handler.handler',
      events: scheduled.map(({ name, schedule }) => ({
        schedule: {
          rate: [schedule],
          name: `${service}-refresh-${name}`,
          inputTransformer: { inputPathsMap: FIRED_PATHS, inputTemplate: firedEvent({ refresh: name }) },
        },
      })),
      role: 'RefreshRole',
      ...(vpc && { vpc }),
      layers: ['PgClient15', 'PgClient17', 'PgClient18'].map((name) => ({ Ref: `${name}LambdaLayer` })),
    },
  };
};
