import { choice, flag, schedule, wholeNumber } from './shapes.ts';
import type { Variable } from './variable.ts';

const RETENTION_SCHEDULE = 'cron(30 3 * * ? *)';
const days = wholeNumber(0, 36_500);
const count = wholeNumber(0, 36_500);

/** What is kept, and how the rest goes. */
export const RETENTION_VARIABLES = {
  RETENTION_SCHEDULE: {
    shape: schedule,
    default: RETENTION_SCHEDULE,
    meaning: 'When retention runs, in UTC',
    readBy: [],
    file: { at: 'retention.schedule' },
    onAws: { default: RETENTION_SCHEDULE },
  },
  RETENTION_DAYS: {
    shape: days,
    without: '30, or none if a `KEEP_` rule is set',
    meaning: 'Days to keep a backup; see [retention.md](retention.md)',
    common: true,
    readBy: ['retention'],
    file: { at: 'retention.days', per: 'database', instead: ['KEEP_WITHIN_DAYS'] },
    onAws: {},
  },
  KEEP_WITHIN_DAYS: {
    shape: days,
    meaning: 'Another name for `RETENTION_DAYS`; set one of them',
    readBy: ['retention'],
    onAws: {},
  },
  KEEP_LAST: {
    shape: count,
    default: '0',
    meaning: 'Keep this many of the newest backups. 0 turns a rule off, here and in the next four',
    readBy: ['retention'],
    file: { at: 'retention.last', per: 'database' },
    onAws: {},
  },
  KEEP_DAILY: {
    shape: count,
    default: '0',
    meaning: 'Keep the newest backup of each day, for this many days',
    readBy: ['retention'],
    file: { at: 'retention.daily', per: 'database' },
    onAws: {},
  },
  KEEP_WEEKLY: {
    shape: count,
    default: '0',
    meaning: 'The same for weeks',
    readBy: ['retention'],
    file: { at: 'retention.weekly', per: 'database' },
    onAws: {},
  },
  KEEP_MONTHLY: {
    shape: count,
    default: '0',
    meaning: 'The same for months',
    readBy: ['retention'],
    file: { at: 'retention.monthly', per: 'database' },
    onAws: {},
  },
  KEEP_YEARLY: {
    shape: count,
    default: '0',
    meaning: 'The same for years',
    readBy: ['retention'],
    file: { at: 'retention.yearly', per: 'database' },
    onAws: {},
  },
  RETENTION_GRACE_DAYS: {
    shape: wholeNumber(0, 3_650),
    default: '7',
    meaning: 'Days between retiring a backup and removing it',
    readBy: ['retention'],
    file: { at: 'retention.graceDays', per: 'database' },
    onAws: {},
  },
  RETENTION_REMOVAL: {
    shape: choice('tag', 'direct'),
    default: 'tag',
    meaning: "`tag` lets the bucket's lifecycle remove; `direct` deletes right after the grace",
    readBy: ['retention'],
    file: { at: 'retention.removal' },
  },
  RETENTION_DRY_RUN: {
    shape: flag,
    default: 'false',
    meaning: '`true` makes retention report and change nothing',
    readBy: ['retention'],
    file: { at: 'retention.dryRun' },
    onAws: {},
  },
  SWEEP_GRACE_HOURS: {
    shape: wholeNumber(1, 8_760),
    default: '48',
    meaning:
      'Age at which the sweep clears unfinished uploads, archives without a manifest, and shared globals without a backup. It must be longer than `DUMP_TIMEOUT`',
    readBy: ['dump', 'retention'],
    file: { at: 'retention.sweepGraceHours' },
    onAws: {},
  },
} as const satisfies Readonly<Record<string, Variable>>;
