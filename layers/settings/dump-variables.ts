import * as z from 'zod';
import { LAMBDA_TIMEOUT_S } from '../backup/lambda-limits.ts';
import { anyText, choice, type Shape, schedule, settingsByName, wholeNumber } from './shapes.ts';
import type { Variable } from './variable.ts';

const NO_TIMEZONE = "must be a time zone of IANA's database, such as Europe/Berlin";

/** As Node.js knows it, without offsets such as +01:00, which have no daylight saving. */
export const timezone: Shape<string> = z
  .string()
  .regex(/^[A-Za-z]/, NO_TIMEZONE)
  .refine((name) => {
    try {
      return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }));
    } catch {
      return false;
    }
  }, NO_TIMEZONE);

const DUMP_SCHEDULE = 'cron(0 2 * * ? *)';

/** How it is dumped. */
export const DUMP_VARIABLES = {
  PG_CLIENT_DIR: {
    shape: anyText,
    without: 'built into `.pgvouch/`',
    meaning:
      'Your own PostgreSQL client programs: folders, separated by colons. For each server pgvouch picks the programs of the same major version, or else of the next newer one. By default it has 15, 17 and 18, and looks in Debian for newer packages when `npm start` or `npm run layers` runs',
    readBy: ['dump', 'verify', 'recovery', 'refresh'],
    file: { at: 'programs.clients' },
  },
  DUMP_SCHEDULE: {
    shape: schedule,
    default: DUMP_SCHEDULE,
    meaning: "When to back up, in EventBridge's syntax, in `DUMP_TIMEZONE`",
    common: true,
    readBy: ['find', 'exporter'],
    file: { at: 'schedule', per: 'database' },
    onAws: { default: DUMP_SCHEDULE },
  },
  DUMP_TIMEZONE: {
    shape: timezone,
    default: 'UTC',
    meaning: 'The time zone of `DUMP_SCHEDULE`, such as `Europe/Berlin`; see [daylight saving](#daylight-saving)',
    readBy: ['find', 'exporter'],
    file: { at: 'timezone', per: 'database' },
    onAws: {},
  },
  DUMP_CONCURRENCY: {
    shape: wholeNumber(1, 100),
    default: '1',
    meaning:
      'How many databases of the server are dumped at the same time. Each dump takes four connections there; see also [service.md](service.md#memory)',
    readBy: ['find'],
    file: { at: 'concurrency', per: 'server' },
    onAws: {
      without: '1 with patterns in `POSTGRES_DBS`, else no limit',
      meaning:
        "How many databases are dumped at the same time: dump's reserved concurrency, taken from the account's pool, which is small in a new account. See [several databases](aws.md#several-databases)",
    },
  },
  DUMP_TIMEOUT: {
    shape: wholeNumber(10, 7 * 86_400, 'seconds'),
    default: String(LAMBDA_TIMEOUT_S),
    meaning: `Seconds one dump may take. On Lambda ${LAMBDA_TIMEOUT_S} is the limit; elsewhere up to 7 days`,
    readBy: ['dump', 'retention'],
    file: { at: 'dump.timeout', per: 'server' },
    onAws: {},
  },
  DUMP_LOCK_TIMEOUT: {
    shape: wholeNumber(1, 86_400, 'seconds'),
    default: '300',
    meaning: 'Seconds a dump waits for the lock of a table',
    readBy: ['dump'],
    file: { at: 'dump.lockTimeout', per: 'database' },
    onAws: {},
  },
  FINGERPRINT: {
    shape: choice('counts', 'content'),
    default: 'counts',
    meaning:
      "`content` also records a fingerprint of every table's contents, and compares it in the drill. That reads every row once more; see [drills.md](drills.md#what-a-drill-costs)",
    readBy: ['dump'],
    file: { at: 'fingerprint', per: 'database' },
    onAws: {},
  },
  CHECK_INDEXES: {
    shape: choice('off', 'amcheck'),
    default: 'off',
    meaning:
      '`amcheck` has every B-tree index checked while pg_dump runs, and names the damaged ones in log, manifest and verdict. That reads every index and table once more; see [drills.md](drills.md#damaged-indexes)',
    readBy: ['dump'],
    file: { at: 'checkIndexes', per: 'database' },
    onAws: {},
  },
  DATABASE_SETTINGS: {
    shape: settingsByName(
      'must be a JSON object of databases and their variables, like {"shop": {"FINGERPRINT": "content"}}',
    ),
    without: 'all databases alike',
    meaning:
      'A JSON object: variables that are different for some databases, such as `{"shop": {"FINGERPRINT": "content"}}`. [pgvouch.yaml](config-file.md) becomes it, and has the list of these variables',
    readBy: ['find', 'dump', 'verify', 'retention', 'exporter', 'notify'],
    onAws: {},
  },
  REFRESHES: {
    shape: settingsByName('must be a JSON object of refreshes and their settings, as pgvouch.yaml becomes it'),
    without: 'no refreshes',
    meaning:
      'A JSON object: [databases elsewhere](refresh.md) that are refreshed from backups. Write a [pgvouch.yaml](config-file.md#refreshes), which becomes it',
    readBy: ['refresh', 'exporter'],
    onAws: {},
  },
} as const satisfies Readonly<Record<string, Variable>>;
