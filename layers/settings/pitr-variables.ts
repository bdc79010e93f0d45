import * as z from 'zod';
import { LAMBDA_TIMEOUT_S } from '../backup/lambda-limits.ts';
import { anyText, choice, type Shape, schedule, text, wholeNumber } from './shapes.ts';
import type { Variable } from './variable.ts';

/** @see src/backend/replication/slot.c, ReplicationSlotValidateName */
const slotName: Shape<string> = z
  .string()
  .regex(/^[a-z0-9_]{1,63}$/, 'must be 1 to 63 lower-case letters, digits and underscores, as PostgreSQL has it');

const WAL_SCHEDULE = 'rate(1 minute)';
const BASE_SCHEDULE = 'cron(30 1 ? * SUN *)';
const BASE_INCREMENT_SCHEDULE = 'cron(30 1 ? * MON-SAT *)';
const RECOVERY_SCHEDULE = 'cron(0 5 * * ? *)';

/** Point-in-time recovery: base backups, and the server's WAL, archived. */
export const PITR_VARIABLES = {
  PITR: {
    shape: choice('on', 'off'),
    default: 'off',
    meaning:
      "`on` takes base backups and archives the server's WAL, beside the dumps. Read [pitr.md](pitr.md) first: a replication slot that nobody empties fills the server's disk",
    readBy: ['wal', 'base', 'recovery', 'exporter'],
    file: { at: 'pitr.enabled', per: 'server' },
    onAws: {},
  },
  REPLICATION_USER: {
    shape: text,
    meaning:
      'The role to stream WAL and to take base backups as. It needs `LOGIN REPLICATION` and a `replication` line in pg_hba.conf',
    readBy: ['wal', 'base', 'recovery'],
    file: { at: 'pitr.user', per: 'server' },
    onAws: {},
  },
  REPLICATION_PASSWORD: {
    shape: anyText,
    meaning: 'Its password',
    readBy: ['wal', 'base'],
    file: { at: 'pitr.password', per: 'server' },
    secret: true,
    onAws: { meaning: 'The ARN of the secret that holds its password' },
  },
  PITR_SLOT: {
    shape: slotName,
    default: 'pgvouch',
    meaning: 'The replication slot that keeps WAL until it is in the bucket. `npx pgvouch slot create` makes it',
    readBy: ['wal', 'base'],
    file: { at: 'pitr.slot', per: 'server' },
    onAws: {},
  },
  WAL_SCHEDULE: {
    shape: schedule,
    default: WAL_SCHEDULE,
    meaning: 'When WAL is archived, in UTC. What was written since the last run is what a lost server loses',
    readBy: [],
    file: { at: 'pitr.walSchedule', per: 'server' },
    onAws: { default: WAL_SCHEDULE },
  },
  WAL_MODE: {
    shape: choice('cadence', 'follow'),
    default: 'cadence',
    meaning:
      '`cadence` archives what there is and ends; `follow` stays connected for as long as a function may run, and archives every `WAL_PARTIAL_SECONDS`',
    readBy: ['wal'],
    file: { at: 'pitr.walMode', per: 'server' },
    onAws: {},
  },
  WAL_PARTIAL_SECONDS: {
    shape: wholeNumber(1, 3_600),
    default: '10',
    meaning:
      'With `WAL_MODE=follow`: how far the bucket may be behind, in seconds; the segment under way is stored a little more often',
    readBy: ['wal'],
    file: { at: 'pitr.walPartialSeconds', per: 'server' },
    onAws: {},
  },
  BASE_SCHEDULE: {
    shape: schedule,
    default: BASE_SCHEDULE,
    meaning: 'When a full base backup is taken, in UTC. 1 is Sunday, as in EventBridge',
    readBy: ['exporter'],
    file: { at: 'pitr.baseSchedule', per: 'server' },
    onAws: { default: BASE_SCHEDULE },
  },
  BASE_INCREMENT_SCHEDULE: {
    shape: schedule,
    default: BASE_INCREMENT_SCHEDULE,
    meaning:
      'When an incremental one is taken, in UTC, of what has changed since the one before. It needs PostgreSQL 17 and `summarize_wal=on`; other servers get full ones only',
    readBy: ['exporter'],
    file: { at: 'pitr.baseIncrementSchedule', per: 'server' },
    onAws: { default: BASE_INCREMENT_SCHEDULE },
  },
  BASE_TIMEOUT: {
    shape: wholeNumber(10, 7 * 86_400, 'seconds'),
    default: String(LAMBDA_TIMEOUT_S),
    meaning: `Seconds one base backup may take. On Lambda ${LAMBDA_TIMEOUT_S} is the limit; elsewhere up to 7 days`,
    readBy: ['base'],
    file: { at: 'pitr.baseTimeout', per: 'server' },
    onAws: {},
  },
  PITR_DAYS: {
    shape: wholeNumber(1, 36_500),
    default: '7',
    meaning:
      'How many days back every moment can be recovered. wal and base write it into the bucket, and [retention](retention.md#base-backups-and-wal) goes by that. A shorter one takes effect after a week',
    readBy: ['wal', 'base'],
    file: { at: 'pitr.days', per: 'server' },
    onAws: {},
  },
  RECOVERY_SCHEDULE: {
    shape: schedule,
    default: RECOVERY_SCHEDULE,
    meaning:
      'When the newest base backup is recovered with, to the end of the WAL, in UTC. After each base backup that is done at once, too',
    readBy: ['exporter'],
    file: { at: 'pitr.recoverySchedule', per: 'server' },
    onAws: { default: RECOVERY_SCHEDULE },
  },
  RECOVERY_TIMEOUT: {
    shape: wholeNumber(10, 7 * 86_400, 'seconds'),
    default: '21600',
    meaning: `Seconds such a recovery may take, by default 6 hours. On Lambda the limit is ${LAMBDA_TIMEOUT_S}`,
    readBy: [],
    file: { at: 'pitr.recoveryTimeout', per: 'server' },
    onAws: {
      meaning: 'Seconds a [task](aws.md#larger-than-a-function) may take for a recovery drill, by default 6 hours',
    },
  },
} as const satisfies Readonly<Record<string, Variable>>;
