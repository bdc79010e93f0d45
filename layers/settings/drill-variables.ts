import * as z from 'zod';
import { LAMBDA_TIMEOUT_S } from '../backup/lambda-limits.ts';
import { anyText, choice, type Shape, schedule, wholeNumber } from './shapes.ts';
import type { Variable } from './variable.ts';

/** @param place - of the password */
const urlWithoutPassword = (place: string): Shape<string> =>
  z
    .string()
    .regex(
      /^postgres(ql)?:\/\/[^\s:@/]+@(?!\S*[?&]password=)\S+$/,
      `must look like postgres://user@host:5432?sslmode=require, without a password: put that in ${place}`,
    );

const VERIFY_SCHEDULE = 'rate(1 hour)';

/** When and where backups are proved. */
export const DRILL_VARIABLES = {
  VERIFY_SCHEDULE: {
    shape: schedule,
    default: VERIFY_SCHEDULE,
    meaning: 'When verify looks for backups without a verdict, whose event may have been lost',
    readBy: [],
    file: { at: 'verify.schedule' },
    onAws: { default: VERIFY_SCHEDULE },
  },
  VERIFY_AGAIN_DAYS: {
    shape: wholeNumber(0, 3_650),
    default: '30',
    meaning:
      'Days after which a backup is proved again, a few a day, the oldest proof first; see [drills.md](drills.md#proofs-grow-old). 0 turns it off',
    readBy: ['verify'],
    file: { at: 'verify.againDays' },
    onAws: {},
  },
  VERIFY_TIMEOUT: {
    shape: wholeNumber(10, 7 * 86_400, 'seconds'),
    default: '21600',
    meaning: `Seconds verify may take to read and restore, by default 6 hours. On Lambda the limit is ${LAMBDA_TIMEOUT_S}`,
    readBy: [],
    file: { at: 'verify.timeout' },
    onAws: {
      meaning: 'Seconds a [task](aws.md#larger-than-a-function) may take to read and restore, by default 6 hours',
    },
  },
  DRILL: {
    shape: choice('on', 'off'),
    default: 'on',
    meaning: '`off` skips the drill: backups are then `readable` at best',
    readBy: ['verify', 'recovery'],
    file: { at: 'verify.drill', per: 'database' },
    onAws: {},
  },
  SCRATCH_POSTGRES_DIR: {
    shape: anyText,
    without: 'embedded',
    meaning: 'PostgreSQL installations to start scratch servers from, separated by colons',
    readBy: ['verify', 'recovery'],
    file: { at: 'drill.installations' },
  },
  SCRATCH_CACHE_DIR: {
    shape: anyText,
    without: 'off; `npm start` sets it to `PGVOUCH_CACHE_DIR`',
    meaning:
      'Where drills keep scratch servers that they make from Debian packages, for what the others lack: extensions, locales, a major',
    readBy: ['verify', 'recovery'],
    file: { at: 'drill.cacheDir' },
  },
  DRILL_FOLDER: {
    shape: anyText,
    without: "the system's temporary folder",
    meaning:
      'Where a drill finds disk: an absolute path of at most 66 bytes. Containers on one machine may share it; several machines may not',
    readBy: ['verify', 'recovery'],
    file: { at: 'drill.folder' },
  },
  DRILL_DISK_MB: {
    shape: wholeNumber(1, 1_000_000_000),
    without: 'all that is free',
    meaning:
      'How much of that disk a drill may use, in MB. Set it if a quota applies that the file system does not report, as in a container',
    readBy: ['verify', 'recovery'],
    file: { at: 'drill.diskMb' },
  },
  DRILL_PIECE_MB: {
    shape: wholeNumber(1, 1_000_000_000),
    without: 'as large as the disk allows',
    meaning:
      'Restore a larger database in [pieces](drills.md#drills-in-pieces) that need no more than so many MB of disk each',
    readBy: ['verify'],
    file: { at: 'drill.pieceMb', per: 'database' },
  },
  DRILL_DATABASE_URL: {
    shape: anyText,
    meaning: 'Your own server for drills; see [drills.md](drills.md#drills-on-your-own-server)',
    readBy: ['verify'],
    file: { at: 'drill.url', shape: urlWithoutPassword('drill.password') },
    onAws: {
      shape: urlWithoutPassword('DRILL_DATABASE_PASSWORD_SECRET'),
      meaning:
        'Your [own server](drills.md#drills-on-your-own-server) for drills, if `/tmp` is too small or lacks your locales: `postgres://user@host:5432?sslmode=require`, without a password. verify is in no VPC, so the server must be reachable from outside. The master user of RDS has the rights it needs. Set `VERIFY_RESERVED_CONCURRENCY=1` with it: one server holds one drill at a time',
    },
  },
  DRILL_DATABASE_PASSWORD: {
    shape: anyText,
    meaning: 'Its password, if the URL holds none',
    readBy: ['verify'],
    file: { at: 'drill.password' },
    secret: true,
    onAws: { meaning: 'The ARN of the secret with its password' },
  },
} as const satisfies Readonly<Record<string, Variable>>;
