import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { DumpError, VaultError } from '../../../layers/backup/errors.ts';
import { openArchive } from '../../../layers/restoring/archive.ts';
import { explainFailure } from '../../../layers/restoring/explain-failure.ts';
import { checkTarget } from '../../../layers/restoring/target-check.ts';
import { sampleManifest } from '../../support/world/sample-manifest.ts';

const name = { database: 'shop', firedAt: new Date('2026-11-22T02:00:00Z') };

describe('a database that is restored into', () => {
  const asked = { create: false, clean: undefined, tables: [] };
  const empty = { exists: true, holds: [] };

  test.each([
    ['that is empty', empty, asked],
    ['that is to be made', { exists: false, holds: [] }, { ...asked, create: true }],
    ['whose contents may go', { exists: true, holds: ['table orders'] }, { ...asked, clean: 'shop' }],
  ])('one %s is taken', (_, state, options) => {
    expect(() => checkTarget('shop', state, options)).not.toThrow();
  });

  test.each([
    ['ConfigError', { exists: false, holds: [] }, asked, /no such database/, /--create/],
    ['PolicyError', empty, { ...asked, clean: 'shop_test' }, /names "shop_test", which is another/, /--clean "shop"/],
    [
      'PolicyError',
      { exists: true, holds: ['a', 'b', 'c', 'd'] },
      asked,
      /holds a, b, c and more/,
      /with those of the arch/,
    ],
    [
      'PolicyError',
      { exists: true, holds: ['a'] },
      { ...asked, tables: ['a'] },
      /it holds a$/,
      /replaces those tables/,
    ],
  ])('%s: anything else is refused', (error, state, options, problem, hint) => {
    expect(() => checkTarget('shop', state, options)).toThrow(
      expect.objectContaining({
        ...{ name: error, subject: '"shop"', problem: expect.stringMatching(problem) },
        hint: expect.stringMatching(hint),
      }),
    );
  });
});

describe('an archive', () => {
  const bytes = Buffer.from('an archive');
  const whole = { sizeBytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  const folder = mkdtempSync(path.join(tmpdir(), 'pgvouch-archives-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  async function* stored() {
    yield bytes;
  }
  const open = (
    {
      jobs = 2,
      temporaryFolder = folder,
      ...recorded
    }: Partial<typeof whole> & { jobs?: number; temporaryFolder?: string },
    isThere = true,
  ) => {
    const { archive, ...manifest } = sampleManifest(name);
    const store = { getBytes: async () => (isThere ? stored() : undefined), getText: async () => undefined };
    const options = { jobs, temporaryFolder, onBytes: () => {}, signal: new AbortController().signal };
    return openArchive(store, { ...manifest, archive: { ...archive, ...whole, ...recorded } }, options);
  };

  test('is in a file for several jobs, which goes with it', async () => {
    const { source, close } = await open({});
    expect(source).toMatchObject({ file: expect.stringContaining(folder), jobs: 2 });
    await close();
    expect(readdirSync(folder)).toEqual([]);
  });

  test.each([
    ['is missing', 'VaultError', () => open({}, false), 'it is missing', 'choose another backup'],
    ['is missing for one job', 'VaultError', () => open({ jobs: 1 }, false), 'it is missing', 'choose another backup'],
    [
      'is another',
      'WrongObject',
      () => open({ sha256: 'a'.repeat(64) }),
      'it is not what was stored',
      'nothing was restored',
    ],
    ['has no room', 'ConfigError', () => open({ sizeBytes: 2 ** 60 }), 'are free there', 'leave out --jobs'],
    ['has no folder', 'ConfigError', () => open({ temporaryFolder: `${folder}/nowhere` }), 'ENOENT', 'set TMPDIR'],
  ])('that %s is refused, and leaves nothing', async (_, kind, opening, problem, hint) => {
    const error = await opening().catch((refusal) => refusal);
    expect(error.constructor.name).toBe(kind);
    expect(error).toMatchObject({ problem: expect.stringContaining(problem), hint: expect.stringContaining(hint) });
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('a restore that failed', () => {
  const of = { backup: { manifest: sampleManifest(name) }, to: { database: 'copy' } } as never;
  const failed = (problem: string) => new DumpError({ operation: 'pg_restore', problem, exitCode: 1, signal: null });
  const state = { atomic: true, server: { version: '18.4' }, superuser: true } as never;
  const halfDone = { ...(state as object), atomic: false } as never;

  test('says whether anything was changed, and keeps how pg_restore ended', () => {
    const problem = 'pg_restore: error: could not execute query: ERROR:  relation "orders" already exists';
    expect(explainFailure(failed(problem), of, state)).toMatchObject({
      ...{ name: 'DumpError', operation: 'restore into', subject: '"copy"', exitCode: 1 },
      ...{
        problem: expect.stringContaining('"orders" already exists'),
        hint: expect.stringMatching(/in the way; nothing was changed$/),
      },
    });
    expect(explainFailure(failed(problem), of, halfDone)).toMatchObject({
      hint: expect.stringContaining('the database is now incomplete: drop it, or run again with --clean "copy"'),
    });
  });

  test('says what a role who is no superuser can do', () => {
    const problem =
      'pg_restore: error: could not execute query: ERROR:  permission denied to create extension "hstore"';
    expect(explainFailure(failed(problem), of, { ...(state as object), superuser: false } as never)).toMatchObject({
      hint: expect.stringMatching(/--jobs 2 the restore is no single transaction.*nothing was changed$/),
    });
  });

  test('a wrong archive in one transaction changed nothing; what else fails speaks for itself', () => {
    const wrong = new VaultError({ operation: 'read', subject: 'archive', problem: 'it has 7 bytes' });
    expect(explainFailure(wrong, of, state)).toMatchObject({
      ...{ name: 'VaultError', problem: 'it has 7 bytes', hint: 'nothing was changed: restore another backup' },
    });
    expect(explainFailure(wrong, of, halfDone)).toBe(wrong);
    const bug = new Error('something else');
    expect(explainFailure(bug, of, state)).toBe(bug);
  });
});
