const settings = require('./settings.cjs');

/**
 * The event of a schedule of dump, as EventBridge writes it, with the database in it: a template for its input
 * transformer, which puts the id and the time of the firing in. So a delivery repeated hours later still names the same
 * backup; a constant input would lose the time. The placeholders stand unquoted: JSON values, quotes included, take their
 * place.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
 */
function firedEvent(database) {
  return (
    '{"version":"0","source":"aws.events","detail-type":"Scheduled Event","id":<id>,"time":<time>,' +
    `"detail":{"database":${settings.plainJson(database)}}}`
  );
}

/** What the placeholders are. */
const FIRED_PATHS = { id: '$.id', time: '$.time' };

module.exports = { FIRED_PATHS, firedEvent };
