import { expect, test } from 'vitest';
import { keyFileProblem } from '../../../layers/postgres/connect/client-certificate.ts';

const ROOT = 0;
const SOMEBODY = 1000;

test.each([
  [SOMEBODY, 0o600],
  [SOMEBODY, 0o400],
  [ROOT, 0o600],
  [ROOT, 0o640],
  [ROOT, 0o440],
])('a key of user %i with permissions %o is used', (uid, mode) => {
  expect(keyFileProblem({ isFile: true, uid, mode: 0o100_000 | mode })).toBeUndefined();
});

test.each([
  [SOMEBODY, 0o640, '0640'],
  [SOMEBODY, 0o604, '0604'],
  [ROOT, 0o660, '0660'],
  [ROOT, 0o650, '0650'],
  [ROOT, 0o644, '0644'],
])('a key of user %i with permissions %o is refused', (uid, mode, said) => {
  expect(keyFileProblem({ isFile: true, uid, mode: 0o100_000 | mode })).toContain(`its permissions are ${said}: `);
});

test('a folder is no key', () => {
  expect(keyFileProblem({ isFile: false, uid: SOMEBODY, mode: 0o600 })).toBe('it is not a regular file');
});
