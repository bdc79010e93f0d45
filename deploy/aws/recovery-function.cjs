const settings = require('./settings.cjs');

/** The function that recovers with each base backup, where WAL is archived. It needs the bucket, and no server. */
module.exports = () => {
  if (settings.functions.recovery === undefined) return {};
  return {
    recovery: {
      handler: 'functions/recovery/handler.handler',
      events: [{ schedule: settings.parameters.RECOVERY_SCHEDULE }],
      role: 'RecoveryRole',
      // Of the client programs, pg_combinebackup: it came with 17.
      layers: ['PgClient17', 'PgClient18', 'ScratchPostgres'].map((name) => ({ Ref: `${name}LambdaLayer` })),
    },
  };
};
