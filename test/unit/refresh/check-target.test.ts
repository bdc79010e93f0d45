import { expect, test } from 'vitest';
import { checkTarget } from '../../../functions/refresh/check-target.ts';

const SERVER = { version: '13.0', versionNumber: 130_000, systemIdentifier: '7', standby: false };
const TO = { database: 'shop_staging', connection: { POSTGRES_HOST: 'staging.internal' } };

/** Checks a server where nothing has the name yet. */
function check(server: Partial<typeof SERVER>, isBackedUp: (database: string) => boolean = () => false, from = '8') {
  const state = { server: { ...SERVER, ...server }, role: { name: 'refresher', mayCreate: true }, current: undefined };
  const source = { server: { ...SERVER, systemIdentifier: from } };
  return () => checkTarget(TO, { ...state, left: [] }, source, isBackedUp);
}

test('a server older than PostgreSQL 13 is refused', () => {
  expect(check({})).not.toThrow();
  expect(check({ version: '12.22', versionNumber: 120_022 })).toThrow(
    expect.objectContaining({ name: 'DumpError', problem: 'the server is PostgreSQL 12.22, which is too old' }),
  );
  expect(check({ standby: true })).toThrow(/standby/);
});

test('on the server that is backed up, neither the database nor what is made beside it may be among what is backed up', () => {
  const policy = (problem: string) =>
    expect.objectContaining({ name: 'PolicyError', problem: expect.stringContaining(problem) });
  expect(check({}, (name) => name === 'shop_staging', '7')).toThrow(policy('a database of this name'));
  for (const part of ['_pgvouch_', '_before_']) {
    expect(check({}, (name) => name.includes(part), '7')).toThrow(policy('would be backed up'));
  }
  expect(check({}, (name) => name === 'shop', '7')).not.toThrow();
  expect(check({}, () => true, '8')).not.toThrow();
});
