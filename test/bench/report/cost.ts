import { clusterBytes } from '../../../functions/verify/scratch.ts';
import { partSizeFor } from '../../../layers/backup/part-size.ts';

/** By what they are for, in one currency; see prices.json. */
export interface Prices {
  readonly lambdaGbSecond: number;
  readonly lambdaRequest: number;
  readonly lambdaStorageGbSecond: number;
  readonly fargateVcpuHour: number;
  readonly fargateGbHour: number;
  readonly fargateStorageGbHour: number;
  readonly httpApiRequest: number;
  readonly s3WriteOrList: number;
  readonly s3Read: number;
  readonly s3GbMonth: number;
  readonly secretMonth: number;
}

/** What was measured, and so what a month is computed from. */
export interface MeasuredRates {
  /** Of a dump with one processor, 1769 MB of memory. */
  readonly dumpSPerGb: number;
  /** Of reading and decoding, and of a whole drill, with two. */
  readonly readSPerGb: number;
  readonly drillSPerGb: number;
  /** Of the archive, of the database with its indexes: shares of the data. */
  readonly archiveShare: number;
  readonly databaseShare: number;
  /** Of a run that finds nothing to do, and of a cold scrape, which few are; over the smallest catalog measured. */
  readonly retention: LookRates;
  readonly scrape: LookRates;
}

export interface LookRates {
  /** With two cores. */
  readonly seconds: number;
  readonly lists: number;
  readonly gets: number;
}

/** What a month of one database costs, backed up daily. */
export interface MonthlyCost {
  readonly dataGb: number;
  /** Where the dump and the proof run. */
  readonly on: RunOn;
  readonly dumpS: number;
  readonly verifyS: number;
  /** What functions can do of it, in 900 s each and 10 GB of disk, or tasks. */
  readonly proof: 'restorable whole' | 'restorable in pieces' | 'too large for a function';
  /** Of all functions. */
  readonly gbSeconds: number;
  readonly requests: number;
  /** Held at a time: kept, in their grace, and noncurrent. */
  readonly storedGb: number;
  /** In the currency of the prices. */
  readonly compute: number;
  readonly requestCost: number;
  readonly storage: number;
  readonly total: number;
}

export type RunOn = 'lambda' | 'fargate';

const DAYS = 30;
/** RETENTION_DAYS, RETENTION_GRACE_DAYS and BUCKET_NONCURRENT_DAYS, and a day until the lifecycle acts. */
const HELD_DAYS = 30 + 7 + 30 + 1;
const SCRAPES = DAYS * 24 * 60;
const FUNCTION_S = 890;
const DUMP_GB = 1769 / 1024;
const VERIFY_GB = 3008 / 1024;
const SMALL_GB = 512 / 1024;
/** Of a core: what takes a second of one takes so much longer. */
const SMALL_CPUS = 512 / 1769;
const VERIFY_DISK_BYTES = 10_240 * 2 ** 20;
/** Beyond the 512 MB that cost nothing. */
const PAID_DISK_GB = (10_240 - 512) / 1024;
const SECRETS = 2;
/** TASK_VCPUS, TASK_MEMORY_MB and TASK_STORAGE_GB, of which 20 GB cost nothing. */
const TASK = { vcpus: 2, memoryGb: 8, diskBytes: 199 * 2 ** 30, paidDiskGb: 180 };
/** Until the image is there; that is paid for, too. */
const TASK_START_S = 60;

/**
 * Computes a month at AWS with the defaults of serverless.yml, scraped every minute. Within one region transfers are free. A
 * task is taken to be as fast as a function of the default size, though it has more processors.
 */
export function monthlyCost(dataGb: number, rates: MeasuredRates, prices: Prices, on: RunOn = 'lambda'): MonthlyCost {
  const inTasks = on === 'fargate';
  const archiveBytes = dataGb * 1e9 * rates.archiveShare;
  const databaseBytes = dataGb * 1e9 * rates.databaseShare;
  const dumpS = dataGb * rates.dumpSPerGb;
  const diskBytes = inTasks ? TASK.diskBytes : VERIFY_DISK_BYTES;
  const limitS = inTasks ? Number.POSITIVE_INFINITY : FUNCTION_S;
  const verifyS = dataGb * rates.drillSPerGb;
  const isWhole = clusterBytes({ source: { sizeBytes: databaseBytes } }) <= diskBytes && verifyS <= limitS;
  const isTooLarge = dumpS > limitS || dataGb * rates.readSPerGb > limitS;
  const workGbSeconds = inTasks ? 0 : dumpS * DUMP_GB + verifyS * VERIFY_GB;
  const gbSeconds =
    DAYS * (workGbSeconds + (rates.retention.seconds / SMALL_CPUS) * SMALL_GB) +
    SCRAPES * (rates.scrape.seconds / SMALL_CPUS) * SMALL_GB;
  const parts = Math.ceil(archiveBytes / partSizeFor(databaseBytes, 10_000));
  // Begin and complete; globals, manifest, verdict, report, tags.
  const writes = DAYS * (parts + 10);
  // verify reads four documents, retention every manifest.
  const reads = DAYS * (4 + rates.retention.gets + HELD_DAYS) + SCRAPES * rates.scrape.gets;
  const lists = DAYS * (4 + rates.retention.lists) + SCRAPES * rates.scrape.lists;
  const invocations = DAYS * 6 + DAYS * 24 + SCRAPES;
  const storedGb = (HELD_DAYS * archiveBytes) / 1e9;
  const compute =
    gbSeconds * prices.lambdaGbSecond +
    invocations * prices.lambdaRequest +
    (inTasks
      ? DAYS * tasksOfADay(dumpS, verifyS, prices)
      : DAYS * verifyS * PAID_DISK_GB * prices.lambdaStorageGbSecond);
  const requestCost = (writes + lists) * prices.s3WriteOrList + reads * prices.s3Read + SCRAPES * prices.httpApiRequest;
  const storage = storedGb * prices.s3GbMonth;
  return {
    ...{ dataGb, on, dumpS, verifyS, gbSeconds, storedGb, compute, requestCost, storage },
    proof: isTooLarge ? 'too large for a function' : isWhole ? 'restorable whole' : 'restorable in pieces',
    requests: writes + reads + lists,
    total: compute + requestCost + storage + SECRETS * prices.secretMonth,
  };
}

function tasksOfADay(dumpS: number, verifyS: number, prices: Prices): number {
  const hours = { dump: (dumpS + TASK_START_S) / 3600, verify: (verifyS + TASK_START_S) / 3600 };
  const hourly = TASK.vcpus * prices.fargateVcpuHour + TASK.memoryGb * prices.fargateGbHour;
  return (hours.dump + hours.verify) * hourly + hours.verify * TASK.paidDiskGb * prices.fargateStorageGbHour;
}
