import { describe, expect, test } from 'vitest';
import {
  type KnownServer,
  printServer,
  readServer,
  type ServerIdentity,
  whyAnotherServer,
  whyNotSurelySame,
} from '../../../layers/backup/server-identity.ts';

/** A primary that was started on the 20th and dumped on the 22nd. */
const SERVER: ServerIdentity = {
  systemIdentifier: '7431234567890123456',
  standby: false,
  name: 'db.internal:5432',
  startedAt: '2026-11-20T08:00:00.123456Z',
  timeline: 3,
  walPosition: '0/5000000',
};
const known = (changes: Partial<ServerIdentity> = {}): KnownServer => ({
  server: { ...SERVER, ...changes },
  snapshotAt: '2026-11-22T02:00:03.000Z',
});
/** The same a day later: restarted since, and some WAL further. */
const later = (changes: Partial<ServerIdentity> = {}): ServerIdentity => ({
  ...SERVER,
  startedAt: '2026-11-22T12:00:00.654321Z',
  walPosition: '1/0',
  ...changes,
});
const without = (server: ServerIdentity, ...names: (keyof ServerIdentity)[]): ServerIdentity =>
  Object.fromEntries(Object.entries(server).filter(([name]) => !names.some((one) => one === name))) as never;
const unknown = { systemIdentifier: null };
/** Of a server that says nothing of its history, such as Aurora. */
const silent = (server: ServerIdentity) => without(server, 'timeline', 'walPosition');

describe('the same server', () => {
  test.each<[string, KnownServer, ServerIdentity]>([
    ['unchanged', known(), SERVER],
    ['restarted, or updated to another minor version', known(), later()],
    ['the same process, at another address', known(), { ...SERVER, name: '127.0.0.1:15432' }],
    ['the same process, whose identifier may not be read', known(unknown), { ...SERVER, ...unknown, name: 'x:1' }],
    [
      'promoted behind its name long after it was started',
      known(),
      later({ timeline: 4, startedAt: '2026-01-01T00:00:00Z' }),
    ],
    [
      'a standby behind the name of its primary',
      known(),
      silent(later({ standby: true, startedAt: '2026-01-01T00:00:00Z' })),
    ],
    [
      'the primary behind the name of its standby',
      known({ standby: true }),
      later({ startedAt: '2026-01-01T00:00:00Z' }),
    ],
    [
      'as an older version wrote it down',
      { ...known(), server: { systemIdentifier: SERVER.systemIdentifier, standby: false } },
      later(),
    ],
    [
      'as an older version did, without an identifier',
      { ...known(), server: { ...unknown, standby: false } },
      later(unknown),
    ],
    ['whose identifier may be read now', known(unknown), later()],
    ['whose identifier may not be read any more', known(), later(unknown)],
    ['that never told its history', { ...known(), server: silent(SERVER) }, silent(later())],
  ])('%s', (_, before, now) => {
    expect(whyAnotherServer(before, now)).toBeUndefined();
  });
});

describe('another server', () => {
  const OLD = '2026-11-01T00:00:00Z';
  test.each<[string, KnownServer, ServerIdentity, RegExp]>([
    [
      'another system identifier',
      known(),
      later({ systemIdentifier: '7000000000000000000' }),
      /7431.* at db.internal:5432.*7000/,
    ],
    ['a clone elsewhere', known(), later({ name: 'staging:5432' }), /staging:5432; .*clone/],
    ['a promoted clone elsewhere', known(), later({ name: 'staging:5432', timeline: 4 }), /clone/],
    [
      'a standby at another address',
      known(),
      silent(later({ standby: true, name: 'standby:5432' })),
      /a standby of it/,
    ],
    ['a clone of the same name that was running then', known(), later({ startedAt: OLD }), /was running/],
    [
      'one of the same name that fell behind',
      known(),
      later({ walPosition: '0/4FFFFFF' }),
      /restored to an earlier time/,
    ],
    ['one that fell behind on another timeline', known(), later({ timeline: 4, walPosition: '0/10' }), /earlier time/],
    ['the old primary after a failover', known(), later({ timeline: 2, walPosition: 'FF/0' }), /timeline 2/],
    [
      'no identifier to be read, and another address',
      known(unknown),
      later({ ...unknown, name: 'other:5432' }),
      /may not be read/,
    ],
    [
      'no identifier to be read, running then',
      { ...known(), server: { ...silent(SERVER), ...unknown } },
      silent(later({ ...unknown, startedAt: OLD })),
      /was running/,
    ],
  ])('%s', (_, before, now, why) => {
    expect(whyAnotherServer(before, now)).toMatch(why);
    expect(whyNotSurelySame(before, now)).toMatch(why);
  });

  test('of two dumps of one firing: where nobody knows, it may be another one', () => {
    const silentManifest = { ...known(), server: { systemIdentifier: null, standby: false } };
    expect(whyNotSurelySame(silentManifest, later(unknown))).toMatch(/neither/);
    expect(whyNotSurelySame(known(), later())).toBeUndefined();
    expect(whyNotSurelySame(known(unknown), later(unknown))).toBeUndefined();
  });
});

test('a server is named on a command line, and read again', () => {
  const socket = { systemIdentifier: null, name: '/var/run/post gres:5432' };
  expect(printServer(socket)).toBe('unknown@/var/run/post gres:5432');
  for (const server of [{ systemIdentifier: '743', name: 'db@home:5432' }, socket]) {
    expect(readServer(printServer(server))).toEqual(server);
  }
  for (const text of ['', '743', '743@', '@db:5432', 'seven@db:5432']) expect(readServer(text)).toBeUndefined();
});
