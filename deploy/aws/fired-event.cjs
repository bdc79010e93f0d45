const settings = require('./settings.cjs');

/**
 * The event of a schedule, as EventBridge writes it, with a detail in it, such as the database to dump: a template for its
 * input transformer, which puts the id and the time of the firing in. So a delivery repeated hours later still names the
 * same backup; a constant input would lose the time. The placeholders stand unquoted: JSON values, quotes included, take their
 * place.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
 */
function firedEvent(detail) {
  return (
    '{"version":"0","source":"aws.events","detail-type":"Scheduled Event","id":<id>,"time":<time>,' +
    `"detail":${settings.plainJson(detail)}}`
  );
}

/**
 * The same as EventBridge Scheduler fills it in: `<aws.scheduler.scheduled-time>` is when it was due, on every attempt.
 *
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
 */
function firedByScheduler(detail) {
  return firedEvent(detail)
    .replace('<id>', '"<aws.scheduler.execution-id>"')
    .replace('<time>', '"<aws.scheduler.scheduled-time>"');
}

/** What the placeholders are. */
const FIRED_PATHS = { id: '$.id', time: '$.time' };

module.exports = { FIRED_PATHS, firedByScheduler, firedEvent };
