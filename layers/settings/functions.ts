import { LAMBDA_TIMEOUT_S } from '../backup/lambda-limits.ts';
import { hasPatterns } from './database-list.ts';

/**
 * The functions: what serverless.yml, the host, the local stack and the tests know of each. What a function is for, its
 * events, its layers and its rights stand in serverless.yml and in deploy/aws/rights.cjs.
 *
 * A new one is an entry here and a handler, whatever serverless.yml says of it, its rights, and its configuration's reader
 * in functions/configuration.ts; the types and the packaging miss what is left out.
 */
export interface FunctionSettings {
  /** Seconds. `npm start` gives dump and verify what their variables say. */
  readonly timeoutS: number;
  /** By default; `…_MEMORY_MB` sets another. 1769 MB is where Lambda gives one whole vCPU. */
  readonly memoryMb: number;
  /** Of `/tmp`, by default; `…_STORAGE_MB` sets another. */
  readonly storageMb: number;
  /** What the platform does about the end of an invocation. */
  readonly invoked: Invocation;
  /** Variables of its runtime, which it gets wherever a process is started for it. */
  readonly runtime?: Readonly<Record<string, string>>;
}

export interface Invocation {
  /** How often a failed event is tried again; undefined where the caller waits for the answer. */
  readonly maximumRetryAttempts?: number;
  /** The functions that get the record of an invocation's end. */
  readonly destinations?: { readonly onFailure: 'notify'; readonly onSuccess: 'notify' };
}

/** A success may end a trouble that people heard of. */
const TOLD = { maximumRetryAttempts: 2, destinations: { onFailure: 'notify', onSuccess: 'notify' } } as const;

export const FUNCTIONS = {
  find: {
    timeoutS: 300, // it asks the server once, and lists the newest backups of each database
    memoryMb: 512,
    storageMb: 512,
    invoked: TOLD,
  },
  dump: {
    timeoutS: LAMBDA_TIMEOUT_S,
    memoryMb: 1769, // pg_dump needs about four times the largest row on top of ours
    storageMb: 512, // a dump streams: nothing of it touches /tmp
    invoked: TOLD,
  },
  verify: {
    timeoutS: LAMBDA_TIMEOUT_S,
    memoryMb: 3008, // it restores into a PostgreSQL of its own
    storageMb: 10_240, // the restored cluster lies in /tmp, and the archive if it fits
    invoked: TOLD,
  },
  retention: { timeoutS: LAMBDA_TIMEOUT_S, memoryMb: 512, storageMb: 512, invoked: TOLD },
  wal: {
    timeoutS: LAMBDA_TIMEOUT_S,
    memoryMb: 512, // it holds one segment of WAL, compressed
    storageMb: 512,
    invoked: TOLD,
    // It runs every minute, or all day: V8 and malloc would keep for the next load what only the start needed.
    runtime: { NODE_OPTIONS: '--max-semi-space-size=2', MALLOC_ARENA_MAX: '2' },
  },
  base: {
    timeoutS: LAMBDA_TIMEOUT_S,
    memoryMb: 1769, // a few parts of an upload; a whole vCPU copies and hashes faster
    storageMb: 512, // it streams
    invoked: TOLD,
  },
  recovery: {
    timeoutS: LAMBDA_TIMEOUT_S,
    memoryMb: 3008, // it runs a PostgreSQL of its own
    storageMb: 10_240, // the recovered cluster lies in /tmp
    invoked: TOLD,
  },
  refresh: {
    timeoutS: 900,
    memoryMb: 1769, // pg_restore streams; a whole vCPU decompresses and compares faster
    storageMb: 10_240, // the archive lies in /tmp where several jobs restore it
    // What fails once would mostly fail again, after another restore.
    invoked: { ...TOLD, maximumRetryAttempts: 1 },
  },
  exporter: {
    timeoutS: 29, // API Gateway gives up at 30
    memoryMb: 512,
    storageMb: 512,
    invoked: {},
  },
  notify: {
    timeoutS: 180, // telling takes a minute at the most, and may have to wait for another that tells
    memoryMb: 256,
    storageMb: 512,
    invoked: { maximumRetryAttempts: 2 },
  },
} as const satisfies Readonly<Record<string, FunctionSettings>>;

/**
 * The variables of a function's runtime; its own NODE_OPTIONS come before those that are set, which win.
 *
 * @see https://nodejs.org/api/cli.html#--max-semi-space-sizesize-in-mib
 */
export function runtimeEnvironment(name: FunctionName, set: Readonly<Record<string, string | undefined>> = {}) {
  const { runtime = {} }: FunctionSettings = FUNCTIONS[name];
  return Object.fromEntries(
    Object.entries(runtime).map(([variable, value]) => {
      const own = set[variable];
      if (own === undefined || own === '') return [variable, value];
      return [variable, variable === 'NODE_OPTIONS' ? `${value} ${own}` : own];
    }),
  );
}

/** Those of point-in-time recovery. */
const OF_PITR: readonly string[] = ['wal', 'base', 'recovery'];

/**
 * The functions that exist with these variables. Those of point-in-time recovery need `PITR=on`, find needs patterns, and refresh
 * refreshes.
 */
export function functionNames({ PITR, POSTGRES_DBS, REFRESHES }: Readonly<Record<string, unknown>>): FunctionName[] {
  const isThere = (name: FunctionName) => {
    if (name === 'find') return hasPatterns(POSTGRES_DBS);
    if (name === 'refresh') return REFRESHES !== undefined && REFRESHES !== '';
    return PITR === 'on' || !OF_PITR.includes(name);
  };
  return FUNCTION_NAMES.filter(isThere);
}

/** Whether its successes are alike: any of them ends the same troubles. wal runs every minute. */
export function successesAreAlike(name: string): boolean {
  return name === 'wal';
}

export type FunctionName = keyof typeof FUNCTIONS;

export const FUNCTION_NAMES = Object.keys(FUNCTIONS) as FunctionName[];

/** The functions that may run as a task on ECS. */
export const TASKS = ['dump', 'verify', 'base', 'recovery'] as const satisfies readonly FunctionName[];

export type TaskName = (typeof TASKS)[number];

/** The waits before the first and the second retry: Lambda's are one minute and two, others in the same proportion. */
export function retryDelaysMs(firstMs: number): readonly number[] {
  return [firstMs, 2 * firstMs];
}
