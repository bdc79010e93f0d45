import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseFunctionFailed } from '../../../events/function-failed.ts';
import { messageOf, problemText } from '../../../functions/notify/channels/message.ts';
import { concernedBackup } from '../../../functions/notify/concerned-backup.ts';
import { linksFor } from '../../../functions/notify/links.ts';
import type { FailureRecord } from '../../../layers/backup/failure.ts';
import type { Notification } from '../../../layers/backup/notification.ts';

const failure: FailureRecord = {
  format: 'pgvouch/failure',
  formatVersion: 1,
  at: '2026-11-22T02:03:41.568Z',
  function: 'dump',
  database: 'shop',
  firedAt: '2026-11-22T02:00:00.000Z',
  error: { type: 'DumpError', problem: 'dump shop: connection refused', hint: 'is the server up?' },
  attempts: 3,
  requestId: 'e4b46cbf',
};

const firing: Notification = {
  ...failure,
  ...{ status: 'firing', since: failure.at, count: 1 },
  links: { runbook: 'docs/runbook.md, section BackupFailed' },
};

describe('message', () => {
  test('says what failed, why, what to do, where, when', () => {
    expect(messageOf(firing)).toBe(
      [
        '[BACKUP FAILURE] shop: dump failed after 3 attempts (DumpError)',
        'dump shop: connection refused',
        'Hint: is the server up?',
        'Failing since 2026-11-22T02:03:41.568Z',
        'What to do: docs/runbook.md, section BackupFailed',
        'backup 2026-11-22T02-00-00Z, request e4b46cbf',
      ].join('\n'),
    );
  });

  test('of no database, without a hint, of several backups, not recorded, with a status page', () => {
    const { database, firedAt, ...bare } = { ...firing, function: 'verify', attempts: 1 };
    const error = { type: 'VaultError', problem: 'bad' };
    const links = { status: 'https://status/?a=1&b=2', runbook: 'https://book/#x' };
    expect(messageOf({ ...bare, error, links, others: 2, unrecorded: 'bucket down' })).toBe(
      [
        '[BACKUP FAILURE] verify failed after 1 attempt (VaultError)',
        'bad',
        'Failing since 2026-11-22T02:03:41.568Z',
        'The event was about 2 more backups.',
        'The failure record could not be written: bucket down',
        'Status: https://status/?a=1&amp;b=2',
        'What to do: https://book/#x',
        'request e4b46cbf',
      ].join('\n'),
    );
  });

  test('of several servers the one that it is about stands first', () => {
    const [first] = messageOf({ ...firing, server: 'main' }).split('\n');
    expect(first).toBe('[BACKUP FAILURE] main/shop: dump failed after 3 attempts (DumpError)');
    const { database: _, ...none } = firing;
    expect(messageOf({ ...none, server: 'main' })).toMatch(/^\[BACKUP FAILURE\] main: dump failed/);
    const resolved = { ...firing, server: 'main', status: 'resolved', resolvedAt: firing.at } as const;
    expect(messageOf(resolved)).toMatch(/^\[BACKUP RESOLVED\] main\/shop: dump works again/);
    expect(messageOf({ ...firing, server: 'main', test: true })).toContain('messages here about server main\n');
  });

  test('of a trouble that lasts: since when, for how long, how often', () => {
    expect(messageOf({ ...firing, since: '2026-11-20T00:00:00.000Z', count: 5 })).toContain(
      '\nFailing since 2026-11-20T00:00:00.000Z: 5 times in 2 d 2 h\n',
    );
    expect(messageOf({ ...firing, others: 1 })).toContain('about 1 more backup.');
  });

  test('of its end', () => {
    const resolvedAt = '2026-11-22T04:04:41.568Z';
    expect(messageOf({ ...firing, status: 'resolved', count: 3, resolvedAt })).toBe(
      [
        '[BACKUP RESOLVED] shop: dump works again after 2 h 1 min',
        'It had failed 3 times since 2026-11-22T02:03:41.568Z. The last error (DumpError):',
        'dump shop: connection refused',
        '2026-11-22T04:04:41.568Z',
      ].join('\n'),
    );
    const once = messageOf({ ...firing, status: 'resolved', count: 1, resolvedAt: failure.at });
    expect(once).toContain('works again after 0 s');
    expect(once).toContain('It had failed once since');
  });

  test('nothing in it is read as markup, and nothing hides', () => {
    const problem = '<!channel> a&b > c\u001b[31m\u0000red\r\n\tnext\u202elast';
    const told = { ...firing, database: 'sh\nop', error: { type: 'E', problem } };
    for (const status of ['firing', 'resolved'] as const) {
      const text = messageOf({ ...told, status });
      expect(text).toContain('&lt;!channel&gt; a&amp;b &gt; c[31mred\n nextlast');
      expect(text).toMatch(/^\[BACKUP \w+\] sh op: dump/);
    }
  });

  test("a long problem keeps its beginning and pg_dump's last words", () => {
    const problem = `dump shop: exit code 1: ${'🐘 detail\n'.repeat(5_000)}pg_dump: error: the reason`;
    const text = messageOf({ ...firing, error: { type: 'DumpError', problem } });
    expect(text.length).toBeLessThan(3_000);
    expect(text).toContain('dump shop: exit code 1: 🐘 detail');
    expect(text).toContain('pg_dump: error: the reason');
    expect(Buffer.from(text).toString()).toBe(text);
  });

  test('for a ping: what failed, why and what to do, without markup', () => {
    expect(problemText({ ...failure, error: { ...failure.error, problem: 'a<b' } })).toBe(
      'shop: dump failed after 3 attempts (DumpError)\na<b\nHint: is the server up?',
    );
  });
});

describe('links', () => {
  const bad = 'verify "shop", backup 2026-11-22T02-00-00Z: corrupt: bytes differ';
  test.each([
    ['dump', 'pg_dump died', 'BackupFailed'],
    ['retention', 'no', 'BackupFailed'],
    ['wal', 'no', 'WalArchiveStalled'],
    ['base', 'no', 'BaseMissed'],
    ['recovery', 'no', 'RecoveryDrillStale'],
    ['verify', 'list postgres-backups/pgvouch/: TimeoutError', 'BackupUnproved'],
    ['verify', bad, 'BackupCorrupt'],
    ['verify', bad.replace('corrupt', 'unrestorable'), 'BackupCorrupt'],
  ])('%s, %s', (name, problem, section) => {
    const record = { ...failure, function: name, error: { type: 'VaultError', problem } };
    expect(linksFor(record, { statusUrl: undefined, runbookUrl: undefined })).toEqual({
      runbook: `docs/runbook.md, section ${section}`,
    });
    expect(
      linksFor(record, { statusUrl: 'https://status/?team=blue', runbookUrl: 'https://git/docs/runbook.md' }),
    ).toEqual({
      status: 'https://status/?team=blue',
      runbook: `https://git/docs/runbook.md#${section.toLowerCase()}`,
    });
  });

  test('of several servers, to the status page of one', () => {
    const statusOf = (statusUrl: string) =>
      linksFor(failure, { server: 'main', statusUrl, runbookUrl: undefined }).status;
    expect(statusOf('https://status.example')).toBe('https://status.example/?server=main');
    expect(statusOf('https://status/page?team=blue')).toBe('https://status/page?team=blue&server=main');
  });
});

describe('which backup a failure is about', () => {
  const sample = (name: string) =>
    parseFunctionFailed(
      JSON.parse(
        readFileSync(new URL(`../../../events/samples/function-failed.${name}.json`, import.meta.url), 'utf8'),
      ),
    );
  const vault = { bucket: 'postgres-backups', prefix: 'pgvouch/' };
  const firedAt = new Date('2026-11-22T02:00:00Z');

  test("dump: the firing's", () => {
    const named = { database: 'shop', firedAt, others: 0 };
    expect(concernedBackup(sample('dump'), vault, ['shop', 'crm'])).toEqual(named);
    expect(concernedBackup(sample('dump'), vault, [])).toEqual(named);
  });

  test('dump by hand: the only configured database, no firing', () => {
    expect(concernedBackup({ ...sample('dump'), request: {} }, vault, ['shop'])).toEqual({
      database: 'shop',
      others: 0,
    });
  });

  test("verify: the key's", () => {
    expect(concernedBackup(sample('verify'), vault, [])).toEqual({ database: 'shop two', firedAt, others: 0 });
    const several = sample('verify');
    const { Records } = several.request as { Records: [{ s3: { object: object } }] };
    const second = structuredClone(Records[0]);
    second.s3.object = { key: 'pgvouch/crm/2026-11-22T02-00-00Z/manifest.json' };
    const failed = { ...several, request: { Records: [...Records, second] } };
    expect(concernedBackup(failed, vault, [])).toEqual({ database: 'shop two', firedAt, others: 1 });
    const problem = 'verify "crm", backup 2026-11-22T02-00-00Z: corrupt: bytes differ';
    const ofSecond = { ...failed, error: { type: 'VaultError', problem } };
    expect(concernedBackup(ofSecond, vault, [])).toEqual({ database: 'crm', firedAt, others: 1 });
  });

  test('a bad verdict that a schedule found: the one that verify names', () => {
    const problem = 'verify "sh \\"o\\" p", backup 2026-11-22T02-00-00Z: corrupt: as "x", backup y: z';
    const failed = { ...sample('verify'), request: {}, error: { type: 'VaultError', problem } };
    expect(concernedBackup(failed, vault, [])).toEqual({ database: 'sh "o" p', firedAt, others: 0 });
  });

  test.each([
    ['a schedule that is about all', { ...sample('verify'), request: sample('dump').request }],
    ['another function', { ...sample('dump'), function: 'retention' }],
    ['an event that is not ours', { ...sample('dump'), request: { database: 'not-ours' } }],
    ['an event of another bucket', { ...sample('verify'), request: { Records: [{}] } }],
    ['no event', { ...sample('verify'), request: undefined }],
  ])('%s: none', (_, failed) => {
    expect(concernedBackup(failed, vault, ['shop'])).toEqual({ others: 0 });
  });
});
