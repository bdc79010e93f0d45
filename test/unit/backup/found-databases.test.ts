import { expect, test } from 'vitest';
import { type DatabasePatterns, sortPatterns } from '../../../layers/backup/database-patterns.ts';
import {
  compareFound,
  parseFoundDatabases,
  type SeenDatabase,
  withoutGone,
} from '../../../layers/backup/found-databases.ts';

const MONDAY = new Date('2026-11-23T02:00:00Z');
const TUESDAY = new Date('2026-11-24T02:00:00Z');
const WEDNESDAY = new Date('2026-11-25T02:00:00Z');
const ALL = sortPatterns(['*', '!scratch_*']) as DatabasePatterns;

const seen = (name: string, changes: Partial<SeenDatabase> = {}): SeenDatabase => ({
  ...{ name, template: false, open: true, invalid: false, connect: true },
  ...changes,
});
const at = (date: Date) => date.toISOString();

test('the first time all are new; templates and what nobody can connect to stay apart', () => {
  const server = [
    ...[seen('crm'), seen('postgres'), seen('scratch_1'), seen('shop'), seen('template1', { template: true })],
    ...[seen('shut', { open: false }), seen('torn', { invalid: true }), seen('theirs', { connect: false })],
    seen('rdsadmin'),
  ];
  expect(compareFound(undefined, server, ALL, MONDAY)).toEqual({
    databases: ['crm', 'postgres', 'shop'].map((name) => ({ name, since: at(MONDAY) })),
    gone: [],
    apart: [
      { name: 'template1', why: 'template' },
      { name: 'shut', why: 'closed' },
      { name: 'torn', why: 'invalid' },
      { name: 'theirs', why: 'denied' },
      { name: 'rdsadmin', why: 'provider' },
    ],
    came: ['crm', 'postgres', 'shop'],
    went: [],
  });
});

test('one that came, one that is gone, and one that came back', () => {
  const monday = compareFound(undefined, [seen('crm'), seen('shop')], ALL, MONDAY);
  const tuesday = compareFound(monday, [seen('shop'), seen('tenant')], ALL, TUESDAY);
  expect(tuesday).toMatchObject({
    databases: [
      { name: 'shop', since: at(MONDAY) },
      { name: 'tenant', since: at(TUESDAY) },
    ],
    gone: [{ name: 'crm', since: at(TUESDAY) }],
    ...{ came: ['tenant'], went: ['crm'] },
  });
  const stillGone = compareFound(tuesday, [seen('shop')], ALL, WEDNESDAY);
  expect(stillGone.gone).toEqual([
    { name: 'tenant', since: at(WEDNESDAY) },
    { name: 'crm', since: at(TUESDAY) },
  ]);
  const back = compareFound(tuesday, [seen('crm'), seen('shop'), seen('tenant')], ALL, WEDNESDAY);
  expect(back).toMatchObject({ gone: [], came: ['crm'], went: [] });
  expect(back.databases).toContainEqual({ name: 'crm', since: at(WEDNESDAY) });
});

test('one that is left out from now on is not gone, and one that is gone is forgotten then', () => {
  const monday = compareFound(undefined, [seen('crm'), seen('shop')], ALL, MONDAY);
  const tuesday = compareFound(monday, [seen('shop')], ALL, TUESDAY);
  const others = sortPatterns(['*', '!crm', '!shop']) as DatabasePatterns;
  expect(compareFound(tuesday, [seen('shop'), seen('new')], others, WEDNESDAY)).toMatchObject({
    databases: [{ name: 'new' }],
    ...{ gone: [], went: [], apart: [] },
  });
});

test('one that lost the right to connect is still to be backed up; one that was closed is not', () => {
  const monday = compareFound(undefined, [seen('crm'), seen('shop')], ALL, MONDAY);
  const tuesday = compareFound(monday, [seen('crm', { connect: false }), seen('shop', { open: false })], ALL, TUESDAY);
  expect(tuesday).toMatchObject({
    databases: [{ name: 'crm', since: at(MONDAY) }],
    ...{ apart: [{ name: 'shop', why: 'closed' }], gone: [], went: [] },
  });
});

test('what is named is to be backed up in any case', () => {
  const patterns = sortPatterns(['template1', 'lost', 'crm*']) as DatabasePatterns;
  const monday = compareFound(undefined, [seen('crm'), seen('template1', { template: true })], patterns, MONDAY);
  expect(monday.databases.map(({ name }) => name)).toEqual(['template1', 'lost', 'crm']);
  const tuesday = compareFound(monday, [seen('template1', { template: true })], patterns, TUESDAY);
  expect(tuesday.databases.map(({ name }) => name)).toEqual(['template1', 'lost']);
  expect(tuesday.gone).toEqual([{ name: 'crm', since: at(TUESDAY) }]);
});

test('of many that come and go the last thousand are remembered', () => {
  const many = Array.from({ length: 1_200 }, (_, index) => seen(`tenant_${index}`));
  const before = compareFound(undefined, [seen('shop'), ...many], ALL, MONDAY);
  expect(compareFound(before, [seen('shop')], ALL, TUESDAY).gone).toHaveLength(1_000);
});

test('the document is read as it was written, and by no older version', () => {
  const { databases, gone, apart } = compareFound(undefined, [seen('shop')], ALL, MONDAY);
  const document = {
    ...{ format: 'pgvouch/databases', formatVersion: 1, firedAt: at(MONDAY), foundAt: at(MONDAY), concurrency: 1 },
    ...{ server: { systemIdentifier: null, standby: false, name: 'db:5432' }, databases, gone, apart },
  };
  expect(parseFoundDatabases(JSON.stringify(document), 'k')).toEqual(document);
  const found = parseFoundDatabases(JSON.stringify(document), 'k');
  expect(withoutGone(found, 'shop', TUESDAY)).toEqual({
    ...{ ...document, databases: [], gone: [{ name: 'shop', since: at(TUESDAY) }] },
  });
  expect(withoutGone(found, 'crm', TUESDAY)).toBeUndefined();
  expect(() => parseFoundDatabases(JSON.stringify({ ...document, formatVersion: 2 }), 'k')).toThrow('format version 2');
});
