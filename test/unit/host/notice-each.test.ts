import { expect, test } from 'vitest';
import { noticeEach } from '../../../events/host/receiver.ts';
import { parseObjectCreated, type VaultPlace } from '../../../events/object-created.ts';
import { EventError } from '../../../layers/backup/errors.ts';

const created = (key: string, eventSource = 'aws:s3') => ({
  ...{ eventName: 's3:ObjectCreated:Put', eventSource },
  s3: { bucket: { name: 'backups' }, object: { key } },
});

/** Two servers, and the backups that each hears of. */
function two() {
  const heard: string[] = [];
  const hostOf = (prefix: string) => {
    const place: VaultPlace = { bucket: 'backups', prefix };
    const notice = (event: unknown) => {
      for (const { database } of parseObjectCreated(event, place)) heard.push(`${prefix} ${database}`);
    };
    return { place, background: { notice } };
  };
  return { heard, hosts: [hostOf('pgvouch/main/'), hostOf('old/')] };
}

test('each server hears of its own backups, be several of them in one notification', () => {
  const { heard, hosts } = two();
  noticeEach({ Records: [created('old/crm/2026-11-27T02-00-00Z/manifest.json')] }, hosts);
  const keys = ['pgvouch/main/shop/2026-11-27T02-00-00Z/manifest.json', 'old/a/2026-11-27T02-00-00Z/manifest.json'];
  noticeEach({ Records: keys.map((key) => created(key)) }, hosts);
  expect(heard).toEqual(['old/ crm', 'pgvouch/main/ shop', 'old/ a']);
});

test('what is about none of them is refused, and so is what is no notification', () => {
  const { heard, hosts } = two();
  const other = created('other/shop/2026-11-27T02-00-00Z/manifest.json');
  for (const event of [{ Records: [other] }, {}, { Records: [{ eventName: 'ObjectCreated:Put' }] }]) {
    expect(() => noticeEach(event, hosts)).toThrow(EventError);
  }
  noticeEach({ Event: 's3:TestEvent' }, hosts);
  expect(heard).toEqual([]);
});
