import { expect, test } from 'vitest';
import { readRecoveryConfig } from '../../../functions/recovery/config.ts';
import { whyTask } from '../../../functions/recovery/hand-over.ts';

const FITS = { lacksMajor: undefined, short: undefined, readBytes: 4e9, ranOutOfTime: false };

test.each([
  ['fits here', {}, undefined],
  ['is of a major that there is no server of', { lacksMajor: 15 }, 'there is no scratch server of PostgreSQL 15 here'],
  ['has no room here', { short: 'it needs about 12000 MB of disk' }, 'it needs about 12000 MB of disk'],
  ['takes too long to read', { readBytes: 41e9 }, 'it is too large to be read in time'],
  ['ran out of time here', { ranOutOfTime: true }, 'a drill here ran out of time'],
])('a base backup that %s', (_, here, why) => {
  expect(whyTask({ ...FITS, ...here })).toBe(why);
});

test('the task is what the deployment says', () => {
  const place = {
    ...{ cluster: 'pgvouch-prod', family: 'pgvouch-prod-recovery', publicIp: false },
    ...{ subnets: ['subnet-0a'], securityGroups: ['sg-0b'] },
  };
  expect(readRecoveryConfig({ PITR: 'on', RECOVERY_TASK: JSON.stringify(place) }).task).toEqual(place);
  expect(readRecoveryConfig({ PITR: 'on' }).task).toBeUndefined();
  expect(() => readRecoveryConfig({ PITR: 'on', RECOVERY_TASK: '{}' })).toThrow(/RECOVERY_TASK must be JSON/);
});
