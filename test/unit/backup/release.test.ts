import { expect, test } from 'vitest';
import { olderClient } from '../../../layers/backup/older-client.ts';
import { byRelease, lacksRepairs, releaseOf, shortVersion } from '../../../layers/backup/release.ts';

test.each([
  ['15.20 (Debian 15.20-0+deb12u1)', { major: 15, minor: 20 }],
  ['18.4', { major: 18, minor: 4 }],
  ['19beta1', { major: 19, minor: -1 }],
  ['19rc1 (Debian 19~rc1-1)', { major: 19, minor: -1 }],
  ['9.6.24', { major: 9, minor: 6 }],
])('%s', (version, release) => {
  expect(releaseOf(version)).toEqual(release);
});

test('what the distribution adds is left out', () => {
  expect(shortVersion('15.20 (Debian 15.20-0+deb12u1)')).toBe('15.20');
});

test.each([
  ['15.18', '15.20', true],
  ['15.9', '15.20', true],
  ['15.20', '15.20 (Debian 15.20-0+deb12u1)', false],
  ['15.20', '15.18', false],
  ['17.10', '15.20', false],
  ['15.18', '17.12', false],
  ['19beta2', '19.0', true],
])('%s beside %s lacks repairs: %s', (version, other, lacks) => {
  expect(lacksRepairs(version, other)).toBe(lacks);
});

test('minors sort as numbers', () => {
  expect(['18.4', '15.20', '15.9', '18beta1'].sort(byRelease)).toEqual(['15.9', '15.20', '18beta1', '18.4']);
});

test('an older client is named with its server, and what to do', () => {
  const older = olderClient({ server: { version: '15.20 (Debian 15.20-0+deb12u1)' }, client: { version: '15.18' } });
  expect(older?.problem).toBe('pg_dump 15.18 is older than its server, PostgreSQL 15.20.');
  expect(older?.hint).toMatch(/npm start.*npm run layers.*PG_CLIENT_DIR/);
  expect(olderClient({ server: { version: '15.20' }, client: { version: '17.12' } })).toBeUndefined();
});
