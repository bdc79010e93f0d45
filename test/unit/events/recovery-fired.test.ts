import { expect, test } from 'vitest';
import { parseBaseCreated, parseObjectCreated } from '../../../events/object-created.ts';
import { parseRecoveryFired } from '../../../events/recovery-fired.ts';

const VAULT = { bucket: 'backups', prefix: 'pgvouch/' };
const BASE = '.clusters/7431234567890123456/base/2026-11-22T02-00-00Z';

function created(...keys: string[]) {
  const record = (key: string) => ({
    ...{ eventSource: 'aws:s3', eventName: 'ObjectCreated:Put' },
    s3: { bucket: { name: 'backups' }, object: { key: `pgvouch/${key}` } },
  });
  return { Records: keys.map(record) };
}

test('a base.json that was created names its base backup once; nothing else of a cluster does', () => {
  const event = created(`${BASE}/base.json`, `${BASE}/base.json`, `${BASE}/verdict-restorable.json`);
  const names = [{ systemIdentifier: '7431234567890123456', startedAt: new Date('2026-11-22T02:00:00Z') }];
  expect(parseRecoveryFired(event, VAULT)).toEqual({ kind: 'bases', names, as: 'new' });
  expect(parseObjectCreated(event, VAULT)).toEqual([]);
  expect(parseBaseCreated(created('shop/2026-11-22T02-00-00Z/manifest.json'), VAULT)).toEqual([]);
  expect(() => parseRecoveryFired(event, { ...VAULT, bucket: 'other' })).toThrow('this vault is other');
});

test('a schedule, and a person', () => {
  const scheduled = { source: 'aws.events', 'detail-type': 'Scheduled Event', time: '2026-11-22T05:00:00Z' };
  expect(parseRecoveryFired(scheduled, VAULT)).toEqual({ kind: 'newest', firedAt: new Date('2026-11-22T05:00:00Z') });
  expect(parseRecoveryFired({}, VAULT)).toEqual({ kind: 'newest' });
  expect(parseRecoveryFired({ cluster: '7' }, VAULT)).toEqual({ kind: 'newest', cluster: '7' });
  expect(parseRecoveryFired({ cluster: '7', base: '2026-11-22T02-00-00Z' }, VAULT)).toMatchObject({ as: 'again' });
});

test('anything else is refused', () => {
  for (const event of [null, [], 'x', { cluster: 7 }, { base: '2026-11-22T02-00-00Z' }, { source: 'aws.events' }]) {
    expect(() => parseRecoveryFired(event, VAULT)).toThrow('read event recovery fired');
  }
  expect(() => parseRecoveryFired({ cluster: '7', base: 'yesterday' }, VAULT)).toThrow('in the form that keys use');
});
