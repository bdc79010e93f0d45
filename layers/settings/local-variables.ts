import * as z from 'zod';
import { SERVER_NAME } from './database-variables.ts';
import { anyText, settingsByName, text, wholeNumber } from './shapes.ts';
import type { Variable } from './variable.ts';

const port = wholeNumber(1, 65_535);

/** The hosts of the functions: the stack of `npm start`, and `pgvouch serve`. */
export const LOCAL_VARIABLES = {
  PGVOUCH_CONFIG: {
    shape: text,
    meaning:
      'A [pgvouch.yaml](config-file.md), which may say what most variables say. What it says holds in their place',
    readBy: [],
  },
  PGVOUCH_SERVER: {
    shape: z.string().regex(SERVER_NAME, 'must consist of letters, digits, - and _'),
    meaning:
      'Which of the `servers` of a [pgvouch.yaml](config-file.md#servers) the command line is about, as `--server` says. Functions get the name of theirs',
    readBy: ['notify'],
  },
  SERVER_SETTINGS: {
    shape: settingsByName(
      'must be a JSON object of servers and their variables, like {"main": {"BACKUP_PREFIX": "pgvouch/main/"}}',
    ),
    without: 'one server',
    meaning:
      'A JSON object: variables of each of several servers, for the exporter, which shows them all. A [pgvouch.yaml](config-file.md#servers) becomes it',
    readBy: ['exporter'],
  },
  METRICS_PORT: {
    shape: port,
    default: '3000',
    meaning: 'Port of the metrics and the status page',
    readBy: [],
    file: { at: 'metrics.port' },
  },
  METRICS_HOST: {
    shape: anyText,
    default: '127.0.0.1',
    meaning: 'Address that `pgvouch serve` shows them at. `0.0.0.0` is every address of the machine or container',
    readBy: [],
    file: { at: 'metrics.host' },
  },
  LOCAL_LAMBDA_PORT: { shape: port, default: '3002', meaning: "Port of the functions' API", readBy: [] },
  LOCAL_NOTIFY_PORT: {
    shape: port,
    default: '3003',
    meaning: "Port that takes the bucket's notifications",
    readBy: [],
    file: { at: 'service.notifyPort' },
  },
  LOCAL_NOTIFY_HOST: {
    shape: anyText,
    default: '127.0.0.1',
    meaning: 'Address that takes them. A bucket server on another machine needs one that it can reach',
    readBy: [],
    file: { at: 'service.notifyHost' },
  },
  LOCAL_POSTGRES_PORT: { shape: port, default: '15432', meaning: 'Port of the embedded PostgreSQL', readBy: [] },
  LOCAL_BUCKET_PORT: { shape: port, default: '9000', meaning: 'Port of the embedded S3 server', readBy: [] },
  LOCAL_VERIFY_INTERVAL: {
    shape: wholeNumber(1, 3600, 'seconds'),
    default: '60',
    meaning: 'Seconds between looks by verify, if the bucket server cannot send notifications',
    readBy: [],
    file: { at: 'service.verifyInterval' },
  },
  LOCAL_RETRY_DELAY: {
    shape: wholeNumber(0, 3600, 'seconds'),
    default: '60',
    meaning: 'Seconds before the first retry of a failed function. The second comes after twice that, as on Lambda',
    readBy: [],
    file: { at: 'service.retryDelay' },
  },
  PGVOUCH_STATE_DIR: {
    shape: anyText,
    default: '.pgvouch',
    meaning: 'Where everything local is kept',
    readBy: [],
    file: { at: 'service.stateDir' },
  },
  PGVOUCH_CACHE_DIR: {
    shape: anyText,
    without: 'as `PGVOUCH_STATE_DIR`',
    meaning: 'Where downloaded programs are kept. Several stacks may share it',
    readBy: [],
    file: { at: 'service.cacheDir' },
  },
  DEBIAN_MIRROR: {
    shape: anyText,
    without: "apt's own",
    meaning:
      'Where Debian packages come from. Security suites come from beside it (`…/debian-security`), or from a second address after a space',
    readBy: ['verify', 'recovery'],
    file: { at: 'service.debianMirror' },
  },
} as const satisfies Readonly<Record<string, Variable>>;
