import type { Prices } from './cost.ts';

/** What was measured of point-in-time recovery. */
export interface PitrRates {
  /** What is stored of WAL. Segments and their beginnings compress alike. */
  readonly walShare: number;
  /** Of a run that finds nothing, and of one that stores the beginning of a segment; with two cores. */
  readonly idle: RunRates;
  readonly busy: RunRates;
  /** Of a base backup, with the processor of 1769 MB; and what is stored of the files. */
  readonly baseSPerGb: number;
  readonly baseShare: number;
}

export interface RunRates {
  readonly seconds: number;
  readonly lists: number;
  readonly gets: number;
  readonly puts: number;
}

/** What a month of point-in-time recovery of one server costs, beside its dumps. */
export interface MonthlyPitrCost {
  readonly walGbADay: number;
  readonly clusterGb: number;
  readonly requests: number;
  readonly gbSeconds: number;
  /** Held at a time: segments, beginnings of segments, and base backups, the noncurrent ones included. */
  readonly segmentsGb: number;
  readonly partialsGb: number;
  readonly basesGb: number;
  readonly compute: number;
  readonly requestCost: number;
  readonly storage: number;
  readonly total: number;
}

const DAYS = 30;
const RUNS_A_DAY = 24 * 60;
const SEGMENT_GB = 2 ** 24 / 1e9;
const SMALL_GB = 512 / 1024;
/** Of a core: what takes a second of two takes so much longer. */
const SMALL_CPUS = 512 / 1769;
const BASE_GB = 1769 / 1024;
/** A status every five minutes: the one before is read, and another is written. */
const STATUSES_A_DAY = RUNS_A_DAY / 5;
/** BUCKET_NONCURRENT_DAYS, and a day until the lifecycle acts. */
const NONCURRENT_DAYS = 30 + 1;
/** PITR_DAYS, RETENTION_GRACE_DAYS, and half of the week between full base backups. */
const WAL_DAYS = 7 + 7 + 3.5;
/** A day after its segment is there, and the daily run of retention that finds it. */
const PARTIAL_DAYS = 1 + 1;
/** Full ones that are there at a time: those of the window, its grace, and what is noncurrent, one a week. */
const FULL_BASES = (WAL_DAYS + NONCURRENT_DAYS) / 7;

/**
 * Computes a month at AWS with the defaults: a run of wal a minute, a full base backup a week. Runs are busy for the share
 * of the day in which WAL comes; it is taken to come all day. Increments are taken to store what the WAL of their day does.
 */
export function monthlyPitrCost(
  { walGbADay, clusterGb }: Pick<MonthlyPitrCost, 'walGbADay' | 'clusterGb'>,
  { walShare, idle, busy, baseSPerGb, baseShare }: PitrRates,
  prices: Prices,
): MonthlyPitrCost {
  const run = walGbADay === 0 ? idle : busy;
  const segmentsADay = walGbADay / SEGMENT_GB;
  // A beginning at the end of each run: on average half of a segment is there.
  const partialGb = walGbADay === 0 ? 0 : SEGMENT_GB / 2;
  const fulls = DAYS / 7;
  const baseS = fulls * clusterGb * baseSPerGb;
  // The success of each run starts notify, which reads one object.
  const gbSeconds = ((DAYS * RUNS_A_DAY * (run.seconds + idle.seconds)) / SMALL_CPUS) * SMALL_GB + baseS * BASE_GB;
  const writes =
    DAYS * (RUNS_A_DAY * run.puts + segmentsADay + STATUSES_A_DAY) + fulls * partsOf(clusterGb * baseShare);
  const lists = DAYS * RUNS_A_DAY * run.lists;
  const reads = DAYS * (RUNS_A_DAY * (run.gets + 1) + STATUSES_A_DAY);
  const segmentsGb = walGbADay * walShare * (WAL_DAYS + NONCURRENT_DAYS);
  const partialsGb = RUNS_A_DAY * partialGb * walShare * (PARTIAL_DAYS + NONCURRENT_DAYS);
  const basesGb = FULL_BASES * clusterGb * baseShare + segmentsGb;
  const compute = gbSeconds * prices.lambdaGbSecond + 2 * DAYS * RUNS_A_DAY * prices.lambdaRequest;
  const requestCost = (writes + lists) * prices.s3WriteOrList + reads * prices.s3Read;
  const storage = (segmentsGb + partialsGb + basesGb) * prices.s3GbMonth;
  return {
    ...{ walGbADay, clusterGb, requests: writes + lists + reads, gbSeconds, segmentsGb, partialsGb, basesGb },
    ...{ compute, requestCost, storage, total: compute + requestCost + storage },
  };
}

/** Parts of 8 MiB, and the begin and the end of the upload. */
function partsOf(gigabytes: number): number {
  return Math.ceil((gigabytes * 1e9) / 2 ** 23) + 2;
}
