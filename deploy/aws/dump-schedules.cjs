const { FIRED_PATHS, firedEvent } = require('./fired-event.cjs');
const settings = require('./settings.cjs');

/**
 * One schedule per database whose dump is a function; tasks.cjs has the others. None where find fires dump.
 *
 * With no database named (only locally: packaging refuses) there is one schedule, for when.
 */
module.exports = async ({ resolveVariable }) => {
  const rate = [await resolveVariable('self:custom.parameters.DUMP_SCHEDULE')];
  const { databases, finds, fargate } = settings;
  if (finds) return []; // find-function.cjs
  if (databases.length === 0) return [{ schedule: { rate } }];
  const service = `${await resolveVariable('self:service')}-${await resolveVariable('sls:stage')}`;
  const schedules = databases.map((database, index) => ({
    schedule: {
      rate,
      name: `${service}-dump-${index + 1}`, // dump-permission.cjs goes by it
      inputTransformer: { inputPathsMap: FIRED_PATHS, inputTemplate: firedEvent({ database }) },
    },
  }));
  return schedules.filter((_, index) => !fargate?.databases.includes(databases[index]));
};
