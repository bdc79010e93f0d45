import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { retentionNotesSchema } from '../../../functions/retention/notes.ts';
import { acceptedSchema } from '../../../layers/backup/accepted.ts';
import { adoptedSchema } from '../../../layers/backup/adopted.ts';
import { drillProgressSchema } from '../../../layers/backup/drill-progress.ts';
import { failureSchema } from '../../../layers/backup/failure.ts';
import { keptSchema } from '../../../layers/backup/kept.ts';
import { archiveKey, globalsKey } from '../../../layers/backup/keys.ts';
import { manifestSchema, oldestPgRestore, parseManifest } from '../../../layers/backup/manifest.ts';
import { notificationSchema } from '../../../layers/backup/notification.ts';
import { refreshSchema } from '../../../layers/backup/refresh-record.ts';
import { retentionReportSchema } from '../../../layers/backup/retention-report.ts';
import { retiredSchema } from '../../../layers/backup/retired.ts';
import { troubleSchema } from '../../../layers/backup/trouble.ts';
import { undoneSchema } from '../../../layers/backup/undone.ts';
import { verdictSchema } from '../../../layers/backup/verdict.ts';
import { notesSchema } from '../../../layers/catalog/listing/notes.ts';
import { baseSchema } from '../../../layers/wal/base.ts';
import { clusterSchema } from '../../../layers/wal/cluster.ts';

const doc = readFileSync(path.resolve(import.meta.dirname, '../../../docs/format.md'), 'utf8');
const golden = readFileSync(path.resolve(import.meta.dirname, '../../fixtures/manifest-v1.json'), 'utf8');

interface Fields {
  /** What holds no further fields. */
  readonly leaves: string[];
  readonly all: string[];
}

/** The fields of a schema as docs/format.md names them: `tables[].rows`. */
function fieldsOf(schema: z.ZodType): Fields {
  const json = z.toJSONSchema(schema) as JsonSchema;
  const all = [...new Set(pathsOf(json, ''))];
  return {
    all,
    leaves: all.filter(
      (field) => !all.some((other) => /^[.[]/.test(other.slice(field.length)) && other.startsWith(field)),
    ),
  };
}

interface JsonSchema {
  readonly anyOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
}

function pathsOf({ anyOf = [], items, properties = {} }: JsonSchema, at: string): string[] {
  const inner = [...anyOf.flatMap((one) => pathsOf(one, at)), ...(items ? pathsOf(items, `${at}[]`) : [])];
  for (const [name, field] of Object.entries(properties)) {
    const here = at === '' ? name : `${at}.${name}`;
    inner.push(here, ...pathsOf(field, here));
  }
  return inner;
}

/** The fields of a section's table. */
function documented(heading: string): string[] {
  const section = doc.split('\n## ').find((text) => text.startsWith(`${heading}\n`)) ?? '';
  return Array.from(section.matchAll(/^\| `([^`]+)` \|/gm), ([, field = '']) => field);
}

const { failure: _, ...troubleOnly } = troubleSchema.shape;
const inFailure = (name: string) => name in failureSchema.shape;
/** What stands beside the failure record, which has a table of its own. */
const notificationOnly = z.object(
  Object.fromEntries(Object.entries(notificationSchema.shape).filter(([name]) => !inFailure(name))),
);

test.each([
  ['manifest.json', manifestSchema],
  ['verdict-*.json', verdictSchema],
  ['drill.json', drillProgressSchema],
  ['accepted.json', acceptedSchema],
  ['server.json', adoptedSchema],
  ['failures/*.json', failureSchema],
  ['failures/trouble-*.json', z.object(troubleOnly)],
  ["The webhook's JSON", notificationOnly],
  ['retired.json', retiredSchema],
  ['undone.json', undoneSchema],
  ['kept.json', keptSchema],
  ['refresh-*.json', refreshSchema],
  ['retention.json', retentionReportSchema],
  ['cluster.json', clusterSchema],
  ['base.json', baseSchema],
])('docs/format.md has every field of %s, and no other', (heading, schema) => {
  const { leaves, all } = fieldsOf(schema);
  const told = documented(heading);
  expect(leaves.filter((field) => !told.includes(field))).toEqual([]);
  expect(told.filter((field) => !all.includes(field))).toEqual([]);
});

test.each([
  ['summary.json', notesSchema, 'verdicts[].facts.'],
  ['retention-notes.json', retentionNotesSchema, 'marks[].facts.'],
])('docs/format.md has every field of %s, and of documents in it that they are whole', (heading, schema, whole) => {
  const { leaves, all } = fieldsOf(schema);
  const told = documented(heading);
  expect(leaves.filter((field) => !told.includes(field) && !field.startsWith(whole))).toEqual([]);
  expect(told.filter((field) => !all.includes(field))).toEqual([]);
});

describe('the golden manifest of format version 1', () => {
  test('is read as it stands: it lies in buckets', () => {
    expect(parseManifest(golden, 'k')).toEqual(JSON.parse(golden));
  });

  test('has every field there is', () => {
    const sample: unknown = JSON.parse(golden);
    const missing = fieldsOf(manifestSchema).leaves.filter((field) => !has(sample, field.split(/\.|(?=\[\])/)));
    expect(missing).toEqual([]);
  });

  test('names the keys that its database, firing and attempt make', () => {
    const manifest = parseManifest(golden, 'k');
    const name = { database: manifest.database, firedAt: new Date(manifest.firedAt) };
    expect(manifest.archive.key).toBe(archiveKey('pgvouch/', name, manifest.attempt));
    expect(manifest.globals.key).toBe(globalsKey('pgvouch/', name, manifest.attempt));
  });

  test('what a later version adds is passed over', () => {
    const later = { ...JSON.parse(golden), signature: 'x' };
    expect(parseManifest(JSON.stringify(later), 'k')).toEqual(JSON.parse(golden));
  });
});

describe('refused, naming the key', () => {
  const manifest = JSON.parse(golden);
  test.each([
    ['what is no JSON', '{', 'VaultError'],
    ['what is no document', '[]', 'VaultError'],
    ['another document of ours', JSON.stringify({ ...manifest, format: 'pgvouch/verdict' }), 'VaultError'],
    ['a newer version', JSON.stringify({ format: manifest.format, formatVersion: 2 }), 'ConfigError'],
    [
      'a size that is none',
      JSON.stringify({ ...manifest, archive: { ...manifest.archive, sizeBytes: '9' } }),
      'VaultError',
    ],
    [
      'a hash that is none',
      JSON.stringify({ ...manifest, globals: { ...manifest.globals, sha256: 'x' } }),
      'VaultError',
    ],
    ['a missing field', JSON.stringify({ ...manifest, snapshotAt: undefined }), 'VaultError'],
  ])('%s', (_, text, name) => {
    expect(() => parseManifest(text, 'pgvouch/k')).toThrow(expect.objectContaining({ name, subject: 'pgvouch/k' }));
  });
});

test.each([
  [15, 12],
  [16, 16],
  [17, 17],
  [18, 17],
])('what pg_dump %i wrote, pg_restore %i can read', (client, oldest) => {
  expect(oldestPgRestore(client)).toBe(oldest);
});

/** Whether a value has a field anywhere along the way; `[]` stands for any item of a list. */
function has(value: unknown, [step, ...rest]: readonly string[]): boolean {
  if (step === undefined) return true;
  if (Array.isArray(value)) return step === '[]' && value.some((item) => has(item, rest));
  if (value === null || typeof value !== 'object' || !(step in value)) return false;
  return has((value as Record<string, unknown>)[step], rest);
}
