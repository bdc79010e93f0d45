import { expect, test } from 'vitest';
import { readVerifyConfig } from '../../../functions/verify/config.ts';
import { whyTask } from '../../../functions/verify/hand-over.ts';
import { sampleManifest } from '../../support/world/sample-manifest.ts';

const GB = 1e9;
const LAMBDA = { freeBytes: 10 * GB, fromBytes: undefined, underWay: false, lacking: [] };

function manifest(databaseGb: number, archiveGb = databaseGb / 4) {
  const { source, archive } = sampleManifest({ database: 'shop', firedAt: new Date('2026-11-22T02:00:00Z') });
  return {
    source: { ...source, sizeBytes: databaseGb * GB },
    archive: { ...archive, sizeBytes: archiveGb * GB },
  };
}

test.each([
  ['has room here', manifest(8), {}, undefined],
  ['has no room here', manifest(9), {}, /no room/],
  ['is of the size that was asked for', manifest(1), { fromBytes: GB }, /of the size/],
  ['is smaller than asked for', manifest(1), { fromBytes: 2 * GB }, undefined],
  ['needs what only the task has', manifest(1), { lacking: ['postgis', 'age'] }, /lacks postgis, age$/],
  ['was begun', manifest(1), { underWay: true }, /no time/],
  ['is restored elsewhere, however large', manifest(100), { freeBytes: undefined }, undefined],
  ['takes too long to read', manifest(100, 41), { freeBytes: undefined }, /read in time/],
])('a backup that %s', (_, of, here, why) => {
  const found = whyTask(of, { ...LAMBDA, ...here });
  if (why === undefined) expect(found).toBeUndefined();
  else expect(found).toMatch(why);
});

test('the task is what the deployment says', () => {
  const place = {
    ...{ cluster: 'pgvouch-prod', family: 'pgvouch-prod-verify', publicIp: false },
    ...{ subnets: ['subnet-0a'], securityGroups: ['sg-0b'] },
  };
  const env = { VERIFY_TASK: JSON.stringify(place) };
  expect(readVerifyConfig(env).task).toEqual({ place, fromBytes: undefined, extensions: [] });
  expect(readVerifyConfig({ ...env, VERIFY_TASK_FROM_GB: '20' }).task).toMatchObject({ fromBytes: 20 * GB });
  const has = { TASK_SCRATCH_EXTENSIONS: 'vector, postgis' };
  expect(readVerifyConfig({ ...env, ...has }).task).toMatchObject({ extensions: ['vector', 'postgis'] });
  expect(readVerifyConfig({ VERIFY_TASK_FROM_GB: '20' }).task).toBeUndefined();
  expect(() => readVerifyConfig({ VERIFY_TASK: '{}' })).toThrow(/VERIFY_TASK must be JSON/);
});
