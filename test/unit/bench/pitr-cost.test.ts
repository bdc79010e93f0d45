import { expect, test } from 'vitest';
import type { Prices } from '../../bench/report/cost.ts';
import { monthlyPitrCost, type PitrRates } from '../../bench/report/pitr-cost.ts';

const free: Prices = {
  ...{ lambdaGbSecond: 0, lambdaRequest: 0, lambdaStorageGbSecond: 0, httpApiRequest: 0 },
  ...{ fargateVcpuHour: 0, fargateGbHour: 0, fargateStorageGbHour: 0 },
  ...{ s3WriteOrList: 0, s3Read: 0, s3GbMonth: 0, secretMonth: 0 },
};
const rates: PitrRates = {
  ...{ walShare: 0.25, baseSPerGb: 5, baseShare: 0.25 },
  idle: { seconds: 0.1, lists: 1, gets: 0, puts: 0 },
  busy: { seconds: 0.2, lists: 1, gets: 1, puts: 1 },
};
const idle = { walGbADay: 0, clusterGb: 0 };
const MINUTES = 30 * 24 * 60;

test('an idle month is a listing a minute, and a status every five', () => {
  const { requestCost, storage } = monthlyPitrCost(idle, rates, { ...free, s3WriteOrList: 1, s3GbMonth: 1 });
  // The 2 are those of an upload without parts, four times and a bit.
  expect(requestCost).toBeCloseTo(MINUTES + MINUTES / 5 + (30 / 7) * 2);
  expect(storage).toBe(0);
});

test('a third of a core takes three times as long, and notify runs after each', () => {
  const { gbSeconds, compute } = monthlyPitrCost(idle, rates, { ...free, lambdaGbSecond: 1 });
  expect(gbSeconds).toBeCloseTo(MINUTES * 0.2 * (1769 / 512) * 0.5);
  expect(compute).toBeCloseTo(gbSeconds);
});

test('with WAL, segments are stored once, and half of one with each run', () => {
  const busy = monthlyPitrCost({ walGbADay: 1, clusterGb: 0 }, rates, free);
  expect(busy.segmentsGb).toBeCloseTo(0.25 * (7 + 7 + 3.5 + 31));
  expect(busy.partialsGb).toBeCloseTo(24 * 60 * (2 ** 24 / 1e9 / 2) * 0.25 * 33);
});

test('a base backup a week is kept for the window, its grace and the noncurrent days', () => {
  const { basesGb, gbSeconds } = monthlyPitrCost({ walGbADay: 0, clusterGb: 100 }, rates, free);
  expect(basesGb).toBeCloseTo((48.5 / 7) * 25);
  expect(gbSeconds - monthlyPitrCost(idle, rates, free).gbSeconds).toBeCloseTo((30 / 7) * 500 * (1769 / 1024));
});
