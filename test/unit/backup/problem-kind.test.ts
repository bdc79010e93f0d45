import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { problemOfVerdict, readBadVerdict, subjectOfVerdict } from '../../../layers/backup/bad-verdict.ts';
import { splitHint, textOf, VaultError } from '../../../layers/backup/errors.ts';
import type { FailureRecord } from '../../../layers/backup/failure.ts';
import { kindOf } from '../../../layers/backup/problem-kind.ts';

function kind(problem: string, type = 'DumpError'): string {
  const record: FailureRecord = {
    ...{ format: 'pgvouch/failure', formatVersion: 1, at: '2026-11-22T02:00:00.000Z', function: 'dump' },
    ...{ error: { type, problem }, attempts: 3, requestId: 'r' },
  };
  return kindOf(record);
}

describe('the same problem although its text differs', () => {
  test.each([
    ['ports and addresses', 'connect ECONNREFUSED 10.0.0.5:5432', 'connect ECONNREFUSED 10.0.0.7:5433'],
    ['several addresses', 'connect ECONNREFUSED ::1:5432; 127.0.0.1:5432', 'connect ECONNREFUSED 127.0.0.1:5432'],
    ['process ids', 'server process (PID 4711) was terminated', 'server process (PID 99) was terminated'],
    [
      'ids',
      'write pgvouch/shop/x/archive-0a7c9d3e-5b1f-4c2d-8e6a-1f2b3c4d5e6f.dump: reset',
      'write pgvouch/shop/x/archive-5bf66975-d4c7-4bf5-bcc8-b8d8a82ea278.dump: reset',
    ],
    ['times', 'stopped at 2026-11-22T02:00:00.000Z, after 899 s', 'stopped at 2026-11-23T02:00:00.000Z, after 1.5 min'],
    ['sizes', 'needs 900 MB and has 12.7 GB', 'needs 1.2 GB and has 3 kB'],
    ['white space', 'no\n  disk', 'no disk'],
  ])('%s', (_, one, other) => {
    expect(kind(one)).toBe(kind(other));
  });
});

test('other words are another problem, and another type is', () => {
  expect(kind('no disk')).not.toBe(kind('password authentication failed'));
  expect(kind('no disk')).not.toBe(kind('no disk', 'VaultError'));
});

test('a long problem is told by its beginning and its end, in no time', () => {
  const long = (end: string) => `dump shop: ${'pg_dump: detail\n'.repeat(20_000)}${end}`;
  expect(kind(long('refused'))).not.toBe(kind(long('killed')));
  expect(kind(long('refused')).length).toBeLessThan(400);
  expect(kind('x'.repeat(200_000)).length).toBeLessThan(400);
});

test('a bad verdict is read again from the message, whatever the database is called and whatever the reasons say', () => {
  const evil = fc.constantFrom(
    'x", backup y: corrupt: z',
    'x", backup 2026-11-22T02-00-00Z: corrupt: z',
    '"',
    '\\',
    '\n',
  );
  const anyName = fc.oneof(evil, fc.string({ minLength: 1 }));
  const anyVerdict = fc.constantFrom('corrupt' as const, 'unrestorable' as const);
  fc.assert(
    fc.property(anyName, anyVerdict, fc.oneof(evil, fc.string()), (database, verdict, reason) => {
      const name = { database, firedAt: new Date('2026-11-21T02:00:00Z') };
      const error = new VaultError({
        ...{ operation: 'verify', subject: subjectOfVerdict(name) },
        ...{ problem: problemOfVerdict(verdict, [reason]), hint: 'do not rely on it' },
      });
      const { problem } = splitHint(textOf(error));
      expect(readBadVerdict(problem)).toEqual({ ...name, verdict });
      expect(kind(problem, 'VaultError')).toBe(`VaultError ${verdict} 2026-11-21T02-00-00Z`);
    }),
  );
});

test.each([
  'verify shop: no',
  'verify "shop", backup 2026-11-21: corrupt: x',
  'verify "shop", backup x: corrupt: y',
  'no',
])('no verdict: %s', (message) => {
  expect(readBadVerdict(message)).toBeUndefined();
});

test('what an older version wrote is read as well', () => {
  expect(readBadVerdict('verify "sh\\op", backup 2026-11-21T02-00-00Z: corrupt: x')).toMatchObject({
    database: 'sh\\op',
  });
});
