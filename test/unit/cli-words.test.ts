import { expect, test } from 'vitest';
import { parseBackup } from '../../events/cli/backup-name.ts';
import { readDestination } from '../../events/cli/destination.ts';
import { exitCodeOf, Interrupted } from '../../events/cli/exit-code.ts';
import { ConfigError, DumpError, EventError, PolicyError, VaultError } from '../../layers/backup/errors.ts';
import { backupName } from '../../layers/words/backup-name.ts';
import { formatColumns } from '../../layers/words/columns.ts';
import { age, duration } from '../../layers/words/spans.ts';

const firedAt = new Date('2026-11-23T02:00:00Z');
const HOUR_MS = 3_600_000;

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
  ['2026-11-23T02:00:00-05:30', '2026-11-23T07:30:00.000Z'],
])('%s is a time', (word, at) => {
  expect(parseBackup(word, 'shop', true)).toEqual({ database: 'shop', wanted: { kind: 'at', at: new Date(at) } });
  expect(() => parseBackup(word, 'shop')).toThrow('names no backup');
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

test('--to: the password is taken from where it is, the rest from the environment only where the URL is silent', () => {
  const env = { POSTGRES_HOST: 'db', POSTGRES_USER: 'backup', POSTGRES_PASSWORD: 'configured' };
  const read = (url: string, ownEnv = {}) => readDestination(url, { env, ownEnv }).target;
  expect(read('postgres://u:p%40ss@h/x', { PGPASSWORD: 'env' }).password).toBe('p@ss');
  expect(read('postgres://u@h/x', { PGPASSWORD: 'env' }).password).toBe('env');
  expect(read('postgres://backup@db/x').password).toBe('configured');
  expect(read('postgres://backup@db:5433/x').password).toBeUndefined();
  expect(read('postgres://other@db/x').password).toBeUndefined();
  expect(read('postgres://u@h/x', { PGSSLMODE: 'require' }).sslMode).toBe('require');
  expect(read('postgres://u@h/x?sslmode=disable', { PGSSLMODE: 'require' }).sslMode).toBe('disable');
  expect(() => read('postgres://u@h')).toThrow('names no database');
});

test('columns are as wide as they must be, figures on the right', () => {
  const text = formatColumns(
    [{ name: 'NAME' }, { name: 'SIZE', right: true }, { name: '' }],
    [
      ['shop', '1 B', 'x'],
      ['Käse', '12.3 MB', ''],
    ],
  );
  expect(text).toBe('NAME     SIZE\nshop      1 B  x\nKäse  12.3 MB');
});

test('ages and durations', () => {
  const ages = [0, 119_000, 120_000, 119 * 60_000, 2 * HOUR_MS, 47 * HOUR_MS, 48 * HOUR_MS, 90 * 24 * HOUR_MS];
  expect(ages.map(age)).toEqual(['0 s', '119 s', '2 min', '119 min', '2 h', '47 h', '2 d', '90 d']);
  expect(age(-5_000)).toBe('in 5 s');
  expect([1_440, 59_940, 200_000, 7_500_000].map(duration)).toEqual(['1.4 s', '59.9 s', '3 min 20 s', '2 h 5 min']);
});

test('exit codes', () => {
  const facts = { operation: 'x', problem: 'y' };
  const errors = [ConfigError, EventError, PolicyError, DumpError, VaultError].map((Kind) => new Kind(facts));
  expect(errors.map(exitCodeOf)).toEqual([2, 2, 4, 1, 1]);
  expect([new Interrupted(), new Error('?')].map(exitCodeOf)).toEqual([130, 1]);
});
