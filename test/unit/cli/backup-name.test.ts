import { expect, test } from 'vitest';
import { parseBackup } from '../../../events/cli/backup-name.ts';
import { ConfigError } from '../../../layers/backup/errors.ts';
import { backupName } from '../../../layers/words/backup-name.ts';

const firedAt = new Date('2026-11-23T02:00:00Z');

test.each([
  ['shop/2026-11-23T02-00-00Z', undefined, 'shop'],
  ['2026-11-23T02-00-00Z', 'shop', 'shop'],
  ['shop/2026-11-23T02-00-00Z', 'shop', 'shop'],
  ['odd/name/2026-11-23T02-00-00Z', undefined, 'odd/name'],
  ['2026-11-23T02-00-00Z', undefined, undefined],
])('%s with --database %s names a backup', (word, option, database) => {
  expect(parseBackup(word, option)).toEqual({ database, wanted: { kind: 'backup', firedAt } });
  if (database !== undefined) expect(parseBackup(backupName({ database, firedAt }), option).database).toBe(database);
});

test.each([
  ['2026-11-23T02:00:00Z', '2026-11-23T02:00:00.000Z'],
  ['2026-11-23T02:00', '2026-11-23T02:00:00.000Z'],
  ['2026-11-23 02:00:30 UTC', '2026-11-23T02:00:30.000Z'],
  ['2026-11-23', '2026-11-23T00:00:00.000Z'],
  ['2026-11-23 02:00 +0100', '2026-11-23T01:00:00.000Z'],
  ['2026-11-23 14:04:59+01', '2026-11-23T13:04:59.000Z'],
  ['2026-11-23 14:04:59.123456+00', '2026-11-23T14:04:59.123Z'],
  ['2026-11-23T02:00:00-05:30', '2026-11-23T07:30:00.000Z'],
])('%s is a time', (word, at) => {
  expect(parseBackup(word, 'shop', true)).toEqual({ database: 'shop', wanted: { kind: 'at', at: new Date(at) } });
  expect(() => parseBackup(word, 'shop')).toThrow('does not name a backup');
});

test.each([
  '',
  'shop',
  'yesterday',
  '2026-13-01',
  '2026-11-23T2:00',
  'shop/latest',
  '23.11.2026',
  'shop/2026-02-31T00-00-00Z',
  '2026-02-30',
  '2026-11-31 10:00',
])('%s is neither', (word) => {
  expect(() => parseBackup(word, undefined, true)).toThrow(ConfigError);
});

test('a backup of one database is not looked for in another', () => {
  expect(() => parseBackup('shop/2026-11-23T02-00-00Z', 'crm')).toThrow('--database says "crm"');
});
