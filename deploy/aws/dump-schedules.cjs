const settings = require('./settings.cjs');

/**
 * One schedule per database. EventBridge fills in the id and the time of the firing, so that a delivery repeated hours
 * later still names the same backup; a constant `input` would lose the time.
 *
 * With no database named (only locally: packaging refuses) there is one schedule, for when.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
 */
module.exports = async ({ resolveVariable }) => {
  const rate = [await resolveVariable('self:custom.parameters.DUMP_SCHEDULE')];
  const { databases } = settings;
  if (databases.length === 0) return [{ schedule: { rate } }];
  const service = `${await resolveVariable('self:service')}-${await resolveVariable('sls:stage')}`;
  return databases.map((database, index) => ({
    schedule: {
      rate,
      name: `${service}-dump-${index + 1}`, // dump-permission.cjs goes by it
      inputTransformer: { inputPathsMap: { id: '$.id', time: '$.time' }, inputTemplate: template(database) },
    },
  }));
};

// <id> and <time> stand unquoted: EventBridge puts JSON values there, quotes included.
function template(database) {
  return (
    '{"version":"0","source":"aws.events","detail-type":"Scheduled Event","id":<id>,"time":<time>,' +
    `"detail":{"database":${settings.plainJson(database)}}}`
  );
}
