import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseObjectCreated } from '../../../events/object-created.ts';
import { parseVerifyFired, verifyEvent } from '../../../events/verify-fired.ts';
import { archiveKey, failureKey, manifestKey, verdictKey } from '../../../layers/backup/keys.ts';

const sample = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../events/samples/${name}.json`, import.meta.url), 'utf8'));
const ours = { bucket: 'postgres-backups', prefix: 'pgvouch/' };
const firedAt = new Date('2026-11-22T02:00:00Z');
const manifest = manifestKey(ours.prefix, { database: 'shop', firedAt });

type Source = 'aws:s3' | 'minio:s3' | 'ceph:s3';

/** As Java's URLEncoder and Go's url.QueryEscape write it. */
const formField = (text: string) =>
  encodeURIComponent(text)
    .replaceAll('%20', '+')
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

const encode: Record<Source, (key: string) => string> = {
  'aws:s3': (key) => formField(key).replaceAll('%2F', '/'),
  'minio:s3': formField,
  'ceph:s3': (key) => key,
};

function record(key: string, facts: { source?: Source; eventName?: string; bucket?: string } = {}) {
  const { source = 'aws:s3', eventName = 'ObjectCreated:Put', bucket = ours.bucket } = facts;
  return { eventSource: source, eventName, s3: { bucket: { name: bucket }, object: { key: encode[source](key) } } };
}

describe('samples', () => {
  test.each(['aws', 'minio'])('%s', (from) => {
    expect(parseObjectCreated(sample(`object-created.${from}`), ours)).toEqual([{ database: 'shop two', firedAt }]);
  });

  test('ceph', () => {
    const recorded = { bucket: 'cap1795375668881', prefix: '' };
    expect(parseObjectCreated(sample('object-created.ceph'), recorded)).toEqual([{ database: 'shop', firedAt }]);
  });

  test('ceph, a prefix and a name of odd characters', () => {
    const names = parseObjectCreated(sample('object-created.ceph-odd-key'), { ...ours, prefix: "a+b%20&c'!/" });
    expect(names).toEqual([{ database: 'shop "two"', firedAt }]);
  });

  test("S3's test event is about nothing", () => {
    expect(parseObjectCreated(sample('object-created.test'), ours)).toEqual([]);
  });
});

test.each(['aws:s3', 'minio:s3', 'ceph:s3'] as const)('every name comes back through %s', (source) => {
  const prefixes = fc.constantFrom('pgvouch/', 'a+b/', '100%/', '%2B/', "we!rd*('~)/", 'a&b=c/?#/');
  const names = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(names, prefixes, (database, prefix) => {
      const event = { Records: [record(manifestKey(prefix, { database, firedAt }), { source })] };
      expect(parseObjectCreated(event, { ...ours, prefix })).toEqual([{ database, firedAt }]);
    }),
  );
});

test('several records: each backup once, creations of manifests only', () => {
  const crm = { database: 'crm', firedAt };
  const event = {
    Records: [
      record(manifest, { eventName: 'ObjectRemoved:Delete', bucket: 'not-ours' }),
      record(manifest),
      record(manifest, { eventName: 's3:ObjectCreated:CompleteMultipartUpload', source: 'minio:s3' }),
      record(archiveKey(ours.prefix, crm, '0a7c9d3e-0000-4000-8000-000000000000')),
      record(verdictKey(ours.prefix, crm, 'readable')),
      record(failureKey(ours.prefix, 'crm', firedAt)),
      record('pgvouch/notes.txt'),
      record(manifestKey(ours.prefix, crm), { eventName: 'ObjectCreated:Copy', source: 'ceph:s3' }),
    ],
  };
  expect(parseObjectCreated(event, ours)).toEqual([{ database: 'shop', firedAt }, crm]);
});

describe('what is not ours', () => {
  const good = record(manifest);
  test.each([
    ['nothing', null, 'document: '],
    ['no records', {}, 'Records: '],
    ['a record that is none', { Records: [null] }, 'Records.0: '],
    ['another service', { Records: [good, { ...good, eventSource: 'aws:sqs' }] }, 'Records.1: eventSource: '],
    ['a creation without a key', { Records: [{ ...good, s3: { bucket: { name: 'x' } } }] }, 's3.object: '],
    ['another bucket', { Records: [record(manifest, { bucket: 'other' })] }, 'Records.0 is for bucket "other"'],
    [
      'another prefix',
      { Records: [record('other/x.json')] },
      'is for key "other/x.json", but keys in this vault begin with pgvouch/',
    ],
    [
      'bytes that are no text',
      { Records: [{ ...good, s3: { ...good.s3, object: { key: '%FF' } } }] },
      'not URL-encoded',
    ],
  ])('%s', (_, event, problem) => {
    expect(() => parseObjectCreated(event, ours)).toThrow(
      expect.objectContaining({ name: 'EventError', message: expect.stringContaining(problem) }),
    );
  });
});

describe('verify fired', () => {
  test('by the bucket', () => {
    const names = [{ database: 'shop two', firedAt }];
    expect(parseVerifyFired(sample('object-created.minio'), ours)).toEqual({ kind: 'backups', names, as: 'new' });
    expect(parseVerifyFired(sample('object-created.test'), ours)).toEqual({
      kind: 'backups',
      names: [],
      as: 'new',
    });
  });

  test('by a schedule, or by hand with nothing said', () => {
    expect(parseVerifyFired(sample('schedule-fired.aws'), ours)).toEqual({
      kind: 'unverified',
      firedAt: new Date((sample('schedule-fired.aws') as { time: string }).time),
    });
    expect(parseVerifyFired({}, ours)).toEqual({ kind: 'unverified' });
  });

  test('by hand for one backup', () => {
    const event = { database: 'shop', firedAt: '2026-11-22T02-00-00Z' };
    expect(parseVerifyFired(event, ours)).toEqual({
      kind: 'backups',
      names: [{ database: 'shop', firedAt }],
      as: 'again',
    });
  });

  test.each(['new', 'again', 'aged'] as const)('in a task that the function has started: %s', (as) => {
    const event = JSON.parse(JSON.stringify(verifyEvent({ database: 'shop', firedAt }, as)));
    expect(parseVerifyFired(event, ours)).toEqual({ kind: 'backups', names: [{ database: 'shop', firedAt }], as });
  });

  test.each([
    [null, 'it is not an object'],
    [[], 'it is not an object'],
    [{ database: 'shop' }, 'firedAt: '],
    [{ database: 'shop', firedAt: '2026-11-22T02:00:00Z' }, 'firedAt: not in the form that keys use'],
    [{ database: 'shop', firedAt: '2026-02-30T02-00-00Z' }, 'firedAt: not in the form that keys use'],
    [{ database: 'shop', firedAt: '2026-11-22T02-00-00Z', all: true }, 'all'],
    [{ source: 'aws.s3' }, 'source: '],
  ])('%j is refused: %s', (event, problem) => {
    expect(() => parseVerifyFired(event, ours)).toThrow(
      expect.objectContaining({ name: 'EventError', message: expect.stringContaining(problem) }),
    );
  });
});
