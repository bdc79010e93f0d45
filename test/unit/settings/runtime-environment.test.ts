import { expect, test } from 'vitest';
import { functionDefinitions } from '../../../deploy/aws/functions.ts';
import { runtimeEnvironment } from '../../../layers/settings/functions.ts';
import { EVERYTHING } from '../../support/aws/deployment-parameters.ts';

const OWN = { NODE_OPTIONS: '--max-semi-space-size=2', MALLOC_ARENA_MAX: '2' };

test('wal gets little memory of its runtime, on AWS as in the service', () => {
  expect(runtimeEnvironment('wal')).toEqual(OWN);
  expect(functionDefinitions(EVERYTHING)).toMatchObject({ wal: { environment: OWN } });
  expect(functionDefinitions(EVERYTHING)).not.toHaveProperty('dump.environment.NODE_OPTIONS');
});

test('what somebody has set wins', () => {
  const set = { NODE_OPTIONS: '--max-semi-space-size=8 --trace-warnings', MALLOC_ARENA_MAX: '1' };
  expect(runtimeEnvironment('wal', set)).toEqual({ ...set, NODE_OPTIONS: `${OWN.NODE_OPTIONS} ${set.NODE_OPTIONS}` });
  expect(runtimeEnvironment('wal', { NODE_OPTIONS: '' })).toEqual(OWN);
  expect(runtimeEnvironment('retention', set)).toEqual({});
});
