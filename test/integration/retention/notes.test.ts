import pino from 'pino';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openNotes } from '../../../functions/retention/notes.ts';
import { retain } from '../../../functions/retention/retention.ts';
import type { RetentionOptions } from '../../../functions/retention/run.ts';
import { verifyAll } from '../../../functions/verify/verify-all.ts';
import type { Entry } from '../../../layers/backup/catalog.ts';
import { manifestKey, retentionNotesKey, retiredKey } from '../../../layers/backup/keys.ts';
import { openVault, type Vault } from '../../../layers/vault/vault.ts';
import { storeMany } from '../../support/world/large-vault.ts';
import { type StoredBackup, storeBackup } from '../../support/world/stored-backup.ts';
import { DAY_MS, HOUR_MS, OUTLIVED_MS } from '../../support/world/world-retention.ts';
import { freshVault, keysOf } from '../../support/world/world-vault.ts';

const databases = ['shop', 'crm', 'erp'];
/** More than a page of objects. */
const EACH = 90;
const KEPT_FOREVER = { keepDays: 36_500 };
const newestAt = new Date(Math.floor(Date.now() / 1000) * 1000 - HOUR_MS);
/** One for the first thousand objects, one for the folders, one for each of them. */
const PAGES = 2 + databases.length;
let vault: Vault;
let notes: string;

beforeAll(async () => {
  vault = (await freshVault()).vault;
  await storeMany(vault, { databases, each: EACH, newestAt });
  await run();
  notes = (await vault.getText(retentionNotesKey(vault.prefix))) ?? '';
}, 240_000);

beforeEach(() => vault.put(retentionNotesKey(vault.prefix), notes));

/** A process of its own, and the requests that it sends. */
function openProcess() {
  const own = openVault(vault.config);
  const asked: string[] = [];
  const lines: string[] = [];
  own.client.s3.middlewareStack.add(
    (next, context) => (args) => {
      asked.push(String(context.commandName).replace('Command', ''));
      return next(args);
    },
    { step: 'initialize' },
  );
  const log = pino({}, { write: (line: string) => void lines.push(line) });
  return { vault: own, log, asked, lines };
}

const DAILY = { graceDays: 7, removal: 'tag', dryRun: false } as const;

async function run(changes: Partial<RetentionOptions> = {}) {
  const { asked, lines, ...deps } = openProcess();
  const options = { policy: KEPT_FOREVER, ...DAILY, sweepGraceMs: 48 * HOUR_MS };
  const outcome = await retain(deps, { ...options, now: new Date(), ...changes });
  const done = outcome.decisions.filter(({ action }) => action !== 'keep');
  return { asked, lines, done, kept: outcome.decisions.length - done.length };
}

const count = (asked: readonly string[], name: string) => asked.filter((one) => one === name).length;
const noted = () => JSON.parse(notes);

/** The notes, with something else of one backup. */
function lie({ key }: { key: string }, changes: object) {
  const { manifests, ...rest } = noted();
  const changed = manifests.map((one: { key: string; facts: object }) =>
    one.key === key ? { ...one, facts: { ...one.facts, ...changes } } : one,
  );
  return vault.put(retentionNotesKey(vault.prefix), JSON.stringify({ ...rest, manifests: changed }));
}

function backup(database: string, index: number) {
  const name = { database, firedAt: new Date(newestAt.getTime() - index * 6 * HOUR_MS) };
  return { ...name, key: manifestKey(vault.prefix, name) };
}

test('a run that has nothing to do lists, and reads its notes and its report', async () => {
  const { asked, kept } = await run();
  expect(kept).toBe(databases.length * EACH);
  expect(count(asked, 'ListObjectsV2')).toBe(PAGES + 1); // that finds no cluster
  expect(asked.filter((name) => name !== 'ListObjectsV2').sort()).toEqual([
    'GetObject',
    'GetObject',
    'ListMultipartUploads',
    'PutObject',
  ]);
});

test("verify's look for backups without a verdict only lists", async () => {
  const { asked, lines: _, ...deps } = openProcess();
  const clientPrograms = async () => [];
  const all = { ...deps, clock: () => new Date(), clientPrograms };
  expect(await verifyAll(all, { kind: 'unverified' }, AbortSignal.timeout(60_000))).toEqual([]);
  expect(asked).toEqual(Array(PAGES).fill('ListObjectsV2'));
});

test('what is new is read, once', async () => {
  const before = await run();
  const fresh = await storeBackup(vault, { firedAt: newestAt, database: 'new', verdict: 'readable' });
  const first = await run();
  const second = await run();
  for (const key of fresh.keys) await vault.remove(key);
  const gets = [before, first, second].map(({ asked }) => count(asked, 'GetObject'));
  const puts = [before, first, second].map(({ asked }) => count(asked, 'PutObject'));
  expect([gets, puts]).toEqual([
    [2, 3, 2],
    [1, 2, 1],
  ]);
});

test('a wrong note of the backup that a plan counts from shifts nothing: everything is read', async () => {
  // The oldest is 22.25 days older than the newest, the one after it 22: an hour more would let that go too.
  const policy = { keepDays: 22 };
  const namesOf = ({ done }: Awaited<ReturnType<typeof run>>) =>
    done.map(({ database, firedAt }) => `${database} ${firedAt}`).sort();
  const truth = namesOf(await run({ policy, dryRun: true }));
  expect(truth).toHaveLength(databases.length);
  await lie(backup('shop', 0), { snapshotAt: new Date(newestAt.getTime() + 0.9 * HOUR_MS).toISOString() });
  const misled = await run({ policy, dryRun: true });
  expect(namesOf(misled)).toEqual(truth);
  expect(misled.lines.filter((line) => line.includes('notes of former runs are wrong'))).toHaveLength(1);
});

describe('notes that cannot be used are made anew, and everything is read once', () => {
  const damages: Record<string, () => string | undefined> = {
    lost: () => undefined,
    damaged: () => notes.slice(0, 1_000),
    'not ours': () => '{"format":"pgvouch/manifest","formatVersion":1}',
    'of a newer version': () => notes.replace('"formatVersion":1', '"formatVersion":2'),
    'without sizes': () => notes.replaceAll(/"sizeBytes":\d+,/g, ''),
    'of other writings': () => notes.replaceAll(/"modifiedAtMs":\d+/g, '"modifiedAtMs":1'),
    'of other contents': () => notes.replaceAll(/"etag":"[^,]*"/g, '"etag":"other"'),
  };

  async function put(text: string | undefined): Promise<void> {
    const key = retentionNotesKey(vault.prefix);
    await (text === undefined ? vault.remove(key) : vault.put(key, text));
  }

  /** How many backups they say something of. */
  async function recalled(): Promise<number> {
    const listed = (await vault.listAll()).filter(({ key }) => key.endsWith('/manifest.json'));
    const { recall } = await openNotes(openProcess(), listed.length);
    return listed.filter((manifest) => recall({ database: '', firedAt: newestAt, manifest } as Entry)).length;
  }

  test('what is recalled of them: all, or nothing', async () => {
    expect(await recalled()).toBe(databases.length * EACH);
    for (const [what, damage] of Object.entries(damages)) {
      await put(damage());
      expect([what, await recalled()]).toEqual([what, 0]);
    }
  });

  test.each(['damaged', 'of other contents'])('%s', async (what) => {
    await put(damages[what]?.());
    const { asked, kept } = await run();
    expect([kept, count(asked, 'GetObject')]).toEqual([databases.length * EACH, databases.length * EACH + 2]);
    expect(await vault.getText(retentionNotesKey(vault.prefix))).toBe(notes);
  });
});

describe('what notes alone say', () => {
  test('retires nothing: a backup is read anew before', async () => {
    const victim = backup('shop', 50);
    await lie(victim, { snapshotAt: new Date(newestAt.getTime() - 400 * DAY_MS).toISOString() });
    const policy = { keepDays: 300 };
    expect((await run({ policy })).done).toEqual([]);
    expect(await vault.getText(retiredKey(vault.prefix, victim))).toBeUndefined();
    // The next run knows better.
    expect(await vault.getText(retentionNotesKey(vault.prefix))).toBe(notes);
  });

  test('makes no orphan of an archive', async () => {
    await lie(backup('crm', 3), { attempt: '0a7c9d3e-5b1f-4c2d-8e6a-1f2b3c4d5e6f' });
    const { done, asked } = await run({ sweepGraceMs: OUTLIVED_MS });
    expect([done, count(asked, 'PutObjectTagging')]).toEqual([[], 0]);
  });

  test('of a mark counts until it is written anew', async () => {
    const name = { database: 'shop', firedAt: new Date(newestAt.getTime() - 500 * DAY_MS) };
    const stored = await storeBackup(vault, {
      ...name,
      verdict: 'readable',
      removeAfter: new Date(Date.now() + DAY_MS),
    });
    const policy = { keepDays: 300 };
    const waits = await run({ policy });
    const again = await run({ policy });
    expect([waits.done, again.done]).toMatchObject([[{ action: 'wait' }], [{ action: 'wait' }]]);
    // Its mark is noted too.
    expect(count(waits.asked, 'GetObject') - count(again.asked, 'GetObject')).toBe(2);
    await markAnew(name, new Date(Date.now() - DAY_MS));
    expect((await run({ policy })).done).toMatchObject([{ action: 'remove' }]);
    for (const key of [...stored.keys, retiredKey(vault.prefix, name)]) await vault.remove(key);
  });

  async function markAnew(name: Pick<StoredBackup, 'database' | 'firedAt'>, removeAfter: Date): Promise<void> {
    const key = retiredKey(vault.prefix, name);
    const mark = JSON.parse((await vault.getText(key)) ?? '');
    await vault.put(key, JSON.stringify({ ...mark, removeAfter: removeAfter.toISOString() }));
  }
});

test('a listing that breaks off is an error, and then nothing is done', async () => {
  const before = await keysOf(vault);
  const { vault: own, log, asked } = openProcess();
  own.client.s3.middlewareStack.add(
    (next, context) => async (args) => {
      const answer = await next(args);
      const output = answer.output as { IsTruncated?: boolean; NextContinuationToken?: string };
      if (context.commandName === 'ListObjectsV2Command' && count(asked, 'ListObjectsV2') === PAGES) {
        output.IsTruncated = true;
        delete output.NextContinuationToken;
      }
      return answer;
    },
    { step: 'initialize' },
  );
  const options = {
    ...DAILY,
    graceDays: 0,
    sweepGraceMs: OUTLIVED_MS,
    removal: 'direct',
    now: new Date(),
  } as const;
  await expect(retain({ vault: own, log }, { ...options, policy: { keepDays: 1 } })).rejects.toMatchObject({
    name: 'VaultError',
    message: expect.stringContaining('cut off'),
  });
  expect(asked.filter((name) => name !== 'ListObjectsV2')).toEqual([]);
  expect(await keysOf(vault)).toEqual(before);
});

test('notes that may not be written are done without', async () => {
  const { vault: own, log, lines } = openProcess();
  const refusing = {
    ...own,
    put: async (key: string, body: string) => {
      if (key === retentionNotesKey(own.prefix)) throw new Error('refused');
      await own.put(key, body);
    },
  };
  await vault.remove(retentionNotesKey(vault.prefix));
  const options = { ...DAILY, sweepGraceMs: DAY_MS, now: new Date() };
  await retain({ vault: refusing, log }, { ...options, policy: KEPT_FOREVER });
  expect(lines.join('')).toContain('cannot be written');
});
