import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseFunctionFailed } from '../../events/function-failed.ts';
import { concernedBackup } from '../../functions/notify/concerned-backup.ts';
import { failureMessage } from '../../functions/notify/message.ts';
import type { FailureRecord } from '../../layers/backup/failure.ts';

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

describe('message', () => {
  test('says what failed, why, what to do, when', () => {
    expect(failureMessage(failure, { others: 0 })).toBe(
      [
        '[BACKUP FAILURE] shop: dump failed after 3 attempts (DumpError)',
        'dump shop: connection refused',
        'Hint: is the server up?',
        '2026-11-22T02:03:41.568Z, backup 2026-11-22T02-00-00Z, request e4b46cbf',
      ].join('\n'),
    );
  });

  test('of no database, without a hint, of several backups, not recorded', () => {
    const { database, firedAt, ...bare } = { ...failure, function: 'verify', attempts: 1 };
    const error = { type: 'VaultError', problem: 'bad' };
    expect(failureMessage({ ...bare, error }, { others: 2, unrecorded: 'bucket down' })).toBe(
      [
        '[BACKUP FAILURE] verify failed after 1 attempt (VaultError)',
        'bad',
        'The event was about 2 more backups.',
        'The failure record could not be written: bucket down',
        '2026-11-22T02:03:41.568Z, request e4b46cbf',
      ].join('\n'),
    );
  });

  test('nothing in it is read as markup, and nothing hides', () => {
    const problem = '<!channel> a&b > c\u001b[31m\u0000red\r\n\tnext\u202elast';
    const text = failureMessage({ ...failure, database: 'sh\nop', error: { type: 'E', problem } }, { others: 0 });
    expect(text).toContain('&lt;!channel&gt; a&amp;b &gt; c[31mred\n nextlast');
    expect(text).toContain('[BACKUP FAILURE] sh op: dump');
  });

  test("a long problem keeps its beginning and pg_dump's last words", () => {
    const problem = `dump shop: exit code 1: ${'🐘 detail\n'.repeat(5_000)}pg_dump: error: the reason`;
    const text = failureMessage({ ...failure, error: { type: 'DumpError', problem } }, { others: 0 });
    expect(text.length).toBeLessThan(3_000);
    expect(text).toContain('dump shop: exit code 1: 🐘 detail');
    expect(text).toContain('pg_dump: error: the reason');
    expect(Buffer.from(text).toString()).toBe(text);
  });
});

describe('which backup a failure is about', () => {
  const sample = (name: string) =>
    parseFunctionFailed(
      JSON.parse(readFileSync(new URL(`../../events/samples/function-failed.${name}.json`, import.meta.url), 'utf8')),
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
