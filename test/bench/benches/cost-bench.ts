import { type LookRates, type MeasuredRates, type MonthlyCost, monthlyCost, type RunOn } from '../report/cost.ts';
import { type MonthlyPitrCost, monthlyPitrCost, type PitrRates } from '../report/pitr-cost.ts';
import prices from '../report/prices.json' with { type: 'json' };
import { type Finding, published } from '../report/results.ts';
import { formatTable } from '../report/table.ts';
import type { CageFigures } from './cage-bench.ts';
import type { CatalogFigures } from './catalog-bench.ts';
import type { PitrBaseFigures } from './pitr-base-bench.ts';
import type { PitrLagFigures, Requests, RunCost } from './pitr-lag-bench.ts';
import type { PitrWalFigures } from './pitr-wal-bench.ts';
import type { VerifyFigures } from './verify-bench.ts';

export interface CostFigures {
  readonly prices: typeof prices;
  readonly rates: MeasuredRates;
  readonly months: readonly MonthlyCost[];
  readonly pitr: { readonly rates: PitrRates; readonly months: readonly MonthlyPitrCost[] };
}

const SIZES_GB = [1, 10, 100];

/** What a function has no room for runs in tasks as well. */
const MONTHS: readonly (readonly [gb: number, on: RunOn])[] = [
  ...SIZES_GB.map((gb) => [gb, 'lambda'] as const),
  ...SIZES_GB.slice(1).map((gb) => [gb, 'fargate'] as const),
];

/** Computes what a month costs at AWS from what was measured and published before: it measures nothing itself. */
export async function benchCost(): Promise<Finding<CostFigures>> {
  const rates = readRates();
  const months = MONTHS.map(([gb, on]) => monthlyCost(gb, rates, prices, on));
  const pitrRates = readPitrRates();
  const pitr = { rates: pitrRates, months: WAL_GB_A_DAY.map((walGbADay) => monthOfPitr(walGbADay, pitrRates)) };
  const table = [tableOf(months), pitrTableOf(pitr.months)].join('\n\n');
  return { what: 'cost', figures: { prices, rates, months, pitr }, table };
}

/** Of one cluster; idle first. */
const WAL_GB_A_DAY = [0, 1, 10];
const CLUSTER_GB = 10;

function monthOfPitr(walGbADay: number, rates: PitrRates): MonthlyPitrCost {
  return monthlyPitrCost({ walGbADay, clusterGb: CLUSTER_GB }, rates, prices);
}

function readPitrRates(): PitrRates {
  const wal = published<PitrWalFigures>('pitr-wal');
  const lag = published<PitrLagFigures>('pitr-lag');
  const base = published<PitrBaseFigures>('pitr-base');
  const { said } = wal.contenders.find(({ name }) => name === 'ours') ?? {};
  const { answer } = JSON.parse(said ?? '{}') as { answer: { walBytes: number; storedBytes: number } };
  // On AWS nobody looks whether a key is there: the condition holds.
  const runOf = ({ handlerS }: RunCost, { list = 0, get = 0, put = 0 }: Requests) => ({
    ...{ seconds: handlerS, lists: list, gets: get, puts: put },
  });
  const ours = base.contenders.find(({ name }) => name === 'ours');
  return {
    walShare: answer.storedBytes / answer.walBytes,
    ...{ idle: runOf(lag.idle, lag.requests.idle), busy: runOf(lag.cadence, lag.requests.busy) },
    baseSPerGb: (ours?.medianS ?? Number.NaN) / (base.contentBytes / 1e9),
    baseShare: base.storedBytes / base.contentBytes,
  };
}

function pitrTableOf(months: readonly MonthlyPitrCost[]): string {
  const rows = months.map((month) => [
    `${month.walGbADay} GB of WAL a day`,
    ...[month.gbSeconds, month.requests, month.segmentsGb, month.partialsGb, month.basesGb].map((n) => n.toFixed(0)),
    ...[month.compute, month.requestCost, month.storage, month.total].map((value) => value.toFixed(2)),
  ]);
  const head = ['GB-s', 'requests', 'WAL GB', 'begun GB', 'base GB', 'compute', 'requests', 'storage', 'USD'];
  return formatTable([[`PITR, ${CLUSTER_GB} GB of files`, ...head], ...rows]);
}

function readRates(): MeasuredRates {
  const cage = published<CageFigures>('cage');
  const verify = published<VerifyFigures>('verify');
  const { costs } = published<CatalogFigures>('catalog');
  const dump = cage.sizes.find(({ name }) => name === 'Lambda, 1769 MB')?.outcomes.find(({ name }) => name === 'ours');
  const { dataBytes, sizeBytes } = verify.database;
  const gb = dataBytes / 1e9;
  const verified = (name: string) => verify.contenders.find((one) => one.name === name)?.medianS ?? Number.NaN;
  const look = (what: string): LookRates => {
    // The smallest catalog comes first.
    const { medianS = Number.NaN, requests = {} } = costs.find((one) => one.what === what) ?? {};
    return { seconds: medianS, lists: requests.list ?? 0, gets: requests.get ?? 0 };
  };
  return {
    dumpSPerGb: (dump?.medianS ?? Number.NaN) / (cage.database.dataBytes / 1e9),
    readSPerGb: verified('ours-read') / gb,
    drillSPerGb: verified('ours-drill') / gb,
    archiveShare: verify.archiveBytes / dataBytes,
    databaseShare: sizeBytes / dataBytes,
    retention: look('retention, nothing to do'),
    scrape: look('exporter, a cold start'),
  };
}

function tableOf(months: readonly MonthlyCost[]): string {
  const rows = months.map((month) => [
    `${month.dataGb} GB`,
    month.on,
    ...[month.dumpS, month.verifyS, month.gbSeconds, month.requests, month.storedGb].map((value) => value.toFixed(0)),
    ...[month.compute, month.requestCost, month.storage, month.total].map((value) => value.toFixed(2)),
    month.proof,
  ]);
  const head = [
    'data',
    'on',
    'dump s',
    'verify s',
    'GB-s',
    'requests',
    'GB held',
    'compute',
    'requests',
    'storage',
    'USD',
  ];
  return formatTable([[...head, 'backups are'], ...rows]);
}
