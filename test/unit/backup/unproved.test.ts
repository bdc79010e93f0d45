import { describe, expect, test } from 'vitest';
import { type ObstacleClass, obstaclesOf } from '../../../layers/backup/unproved.ts';

const CASES: readonly [ObstacleClass, string][] = [
  ['off', 'No restore was tried.'],
  ['extension', 'The scratch server lacks the extension vector 0.8.0: extension "vector" is not available.'],
  ['extension', 'The scratch server has postgis 3.6.4; the backup has postgis 3.3.2.'],
  ['locale', 'The scratch server lacks the locale en_US.UTF-8 (libc): C was used.'],
  ['order', "Not possible in the scratch server's order of text (libc 2.43 instead of 2.36: the database): no."],
  ['room', 'No restore was tried: it needs about 12.0 GB of disk in /tmp, but only 9.0 GB is free.'],
  // As older versions said it.
  ['room', 'No restore was tried: it needs about 12000 MB of disk in /tmp, but only 9000 MB is free.'],
  ['room', 'The scratch server or its machine ran out of disk or memory: could not extend file.'],
  ['time', 'The function ran out of time before the restore was finished and compared.'],
  [
    'rights',
    'On that server roles were given no attributes and no memberships, as they have originally: CREATE ROLE shop.',
  ],
  ['release', 'The scratch server, PostgreSQL 18.4, is older than 18.6 and refused: unrecognized parameter.'],
  ['server', 'No restore was tried: this machine has no scratch server of PostgreSQL 18 or newer.'],
  ['server', 'No restore was tried: the scratch server does not start: out of luck.'],
  ['other', 'Not possible on the scratch server: could not load library "$libdir/own".'],
];

describe('what keeps a backup from being restorable', () => {
  test.each(CASES)('%s: %s', (name, reason) => {
    const verdict = {
      verdict: 'readable',
      reasons: [reason, 'Everything else was restored and compared equal.'],
    } as const;
    expect(obstaclesOf(verdict).map((one) => one.class)).toEqual([name]);
    expect(obstaclesOf(verdict).every(({ advice }) => advice.endsWith('.'))).toBe(true);
  });

  test('several, each once', () => {
    const reasons = CASES.map(([, reason]) => reason);
    const classes = obstaclesOf({ verdict: 'readable', reasons }).map((one) => one.class);
    expect(classes).toEqual(['off', 'room', 'extension', 'order', 'locale', 'time', 'rights', 'release', 'server']);
  });

  test.each(['restorable', 'unrestorable', 'corrupt'] as const)('nothing of a backup that is %s', (verdict) => {
    expect(obstaclesOf({ verdict, reasons: ['No restore was tried.'] })).toEqual([]);
  });
});
