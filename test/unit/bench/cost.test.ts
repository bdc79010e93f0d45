import { expect, test } from 'vitest';
import { type MeasuredRates, monthlyCost, type Prices } from '../../bench/report/cost.ts';

const free: Prices = {
  ...{ lambdaGbSecond: 0, lambdaRequest: 0, lambdaStorageGbSecond: 0, httpApiRequest: 0 },
  ...{ fargateVcpuHour: 0, fargateGbHour: 0, fargateStorageGbHour: 0 },
  ...{ s3WriteOrList: 0, s3Read: 0, s3GbMonth: 0, secretMonth: 0 },
};
const rates: MeasuredRates = {
  ...{ dumpSPerGb: 10, readSPerGb: 2, drillSPerGb: 20, archiveShare: 0.25, databaseShare: 1.2 },
  ...{ retention: { seconds: 0, lists: 0, gets: 0 }, scrape: { seconds: 0, lists: 0, gets: 0 } },
};

test('seconds grow with the data, and are those of one dump and one proof', () => {
  expect(monthlyCost(1, rates, free)).toMatchObject({ dumpS: 10, verifyS: 20, proof: 'restorable whole', total: 0 });
  expect(monthlyCost(2, rates, free)).toMatchObject({ dumpS: 20, verifyS: 40 });
});

test('what a function’s disk does not hold comes in pieces, and what its time does not hold is said', () => {
  // 1.1 × 1.2 × 8 GB and 0.7 GB are more than 10,240 MiB.
  expect(monthlyCost(8, rates, free)).toMatchObject({ proof: 'restorable in pieces', verifyS: 160 });
  expect(monthlyCost(100, rates, free)).toMatchObject({ proof: 'too large for a function' });
});

test('tasks have disk for more, no limit of time, and are paid for by processor, memory and disk', () => {
  const month = (gb: number, price: Partial<Prices>) => monthlyCost(gb, rates, { ...free, ...price }, 'fargate');
  expect(month(100, {})).toMatchObject({ proof: 'restorable whole', dumpS: 1000, verifyS: 2000, gbSeconds: 0 });
  expect(month(200, {})).toMatchObject({ proof: 'restorable in pieces' });
  const hours = (1000 + 60 + 2000 + 60) / 3600;
  expect(month(100, { fargateVcpuHour: 1 }).compute).toBeCloseTo(30 * hours * 2);
  expect(month(100, { fargateGbHour: 1 }).compute).toBeCloseTo(30 * hours * 8);
  expect(month(100, { fargateStorageGbHour: 1 }).compute).toBeCloseTo(30 * (2060 / 3600) * 180);
});

test('compute is memory times time, of thirty dumps and thirty proofs', () => {
  const { gbSeconds, compute } = monthlyCost(1, rates, { ...free, lambdaGbSecond: 1 });
  expect(gbSeconds).toBeCloseTo(30 * (10 * (1769 / 1024) + 20 * (3008 / 1024)));
  expect(compute).toBeCloseTo(gbSeconds);
});

test('storage holds the days kept, the grace, the noncurrent days, and one until the lifecycle acts', () => {
  const { storedGb, storage } = monthlyCost(1, rates, { ...free, s3GbMonth: 2 });
  expect(storedGb).toBeCloseTo(68 * 0.25);
  expect(storage).toBeCloseTo(2 * 68 * 0.25);
});

test('a scrape with a third of a core takes three times as long', () => {
  const { gbSeconds } = monthlyCost(0, { ...rates, scrape: { seconds: 0.1, lists: 0, gets: 0 } }, free);
  expect(gbSeconds).toBeCloseTo(30 * 24 * 60 * 0.1 * (1769 / 512) * 0.5);
});

test('a scrape a minute is what most of the requests are for', () => {
  const { requests } = monthlyCost(1, { ...rates, scrape: { seconds: 0, lists: 3, gets: 2 } }, free);
  expect(requests).toBeGreaterThan(30 * 24 * 60 * 5);
  expect(requests).toBeLessThan(30 * 24 * 60 * 5 + 10_000);
});
