import { zstdCompressSync } from 'node:zlib';
import pino from 'pino';
import { expect, test } from 'vitest';
import { afterFailure } from '../../../functions/recovery/after-failure.ts';
import { readRecoveryConfig } from '../../../functions/recovery/config.ts';
import type { RecoveryDeps } from '../../../functions/recovery/deps.ts';
import { findBaseVerdict } from '../../../functions/recovery/find-base-verdict.ts';
import { RecoveryEnded } from '../../../layers/postgres/places/recovery-ended.ts';
import { inParts } from '../../../layers/recovery/in-parts.ts';
import { lackingWords } from '../../../layers/recovery/scratch-needs.ts';
import { readWalObject } from '../../../layers/recovery/wal-bytes.ts';
import { sampleManifest } from '../../support/world/sample-manifest.ts';
import { baseOf } from '../../support/world/stored-bases.ts';
import { heldIn, partialAt, WAL_SEGMENT, wholeAt } from '../../support/world/wal-listing.ts';

const startedAt = new Date('2026-11-22T01:30:00Z');
const start = baseOf({ startedAt, startLsn: 0x200028n, stopLsn: 0x200128n });
const SOUND = { failure: () => undefined, damage: () => undefined };
const ended = (problem: string) => new RecoveryEnded({ operation: 'recover', subject: 'in a scratch server', problem });

test.each([
  ['readable', 'could not write to file "pg_wal/xlogtemp.1": No space left on device', /ran out of disk or memory/],
  ['readable', 'could not access file "timescaledb": No such file', /^Not possible on the scratch server: /],
  ['readable', 'lz4 is not supported by this build', /^Not possible on the scratch server: /],
  ['readable', 'none of the roles postgres, backup is in the cluster', /^Not possible on the scratch server: /],
  ['unrestorable', 'invalid checkpoint record', /^PostgreSQL did not recover: invalid checkpoint record\.$/],
])('%s: a server that ends with: %s', (verdict, problem, reason) => {
  const found = afterFailure(ended(problem), SOUND, start, WAL_SEGMENT);
  expect(found).toMatchObject({ verdict, reasons: [expect.stringMatching(reason)] });
});

test('what failed or is damaged in the WAL comes before what the server says of it', () => {
  const failure = new Error('the bucket is away');
  const failed = { ...SOUND, failure: () => failure };
  expect(() => afterFailure(ended('whatever'), failed, start, WAL_SEGMENT)).toThrow(failure);
  const [object] = heldIn([wholeAt(1, 4)]).objects;
  if (object === undefined) throw new Error('it is held');
  const damage = () => ({ object, problem: 'it cannot be decompressed' });
  expect(afterFailure(ended('whatever'), { ...SOUND, damage }, start, WAL_SEGMENT)).toMatchObject({
    ...{ verdict: 'corrupt', goodUntil: '0/400000' },
    reasons: [expect.stringMatching(/^The WAL is damaged from 0\/400000 on: .*: it cannot be decompressed\.$/)],
  });
  const bug = new Error('something else');
  expect(() => afterFailure(bug, SOUND, start, WAL_SEGMENT)).toThrow(bug);
});

test('an increment whose base backup is not there is corrupt', async () => {
  const increment = baseOf({
    ...{ startedAt: new Date('2026-11-23T01:30:00Z'), parent: startedAt },
    ...{ startLsn: 0x300028n, stopLsn: 0x300128n },
  });
  const stored = { bases: [increment], holdings: heldIn([wholeAt(1, 3)]), histories: new Map(), entries: [] };
  const deps = { log: pino({ level: 'silent' }), clock: () => startedAt } as unknown as RecoveryDeps;
  const { signal } = new AbortController();
  expect(await findBaseVerdict(deps, stored as never, increment, signal)).toMatchObject({
    verdict: 'corrupt',
    reasons: ['The base backup that it is an increment of is not there.'],
  });
});

test('WAL that is missing, is no WAL, or is of another length is refused', async () => {
  const [object] = heldIn([partialAt(1, 4, 0x100)]).objects;
  if (object === undefined) throw new Error('it is held');
  const read = (bytes: Buffer | undefined) => {
    const getBytes = async () =>
      bytes &&
      (async function* () {
        yield bytes;
      })();
    return readWalObject({ getBytes } as never, object, WAL_SEGMENT, new AbortController().signal);
  };
  const whole = await read(zstdCompressSync(Buffer.alloc(0x100, 7)));
  expect([whole.length, whole[0xff], whole[0x100]]).toEqual([WAL_SEGMENT, 7, 0]);
  await expect(read(undefined)).rejects.toThrow('it is missing, though a listing has it');
  await expect(read(Buffer.from('no zstd'))).rejects.toThrow('it cannot be decompressed');
  await expect(read(zstdCompressSync(Buffer.alloc(0x101)))).rejects.toMatchObject({
    ...{ problem: 'it holds 257 bytes of WAL, and should hold 256', hint: 'recover to a moment before it' },
  });
});

test('an object is read in parts, a few at once, and comes in order', async () => {
  const content = Buffer.from(Array.from({ length: 64 }, (_, index) => index));
  const object = Buffer.concat(Array.from({ length: 1024 * 1024 }, () => content));
  let [reading, most] = [0, 0];
  const getBytes = async (_: string, __: unknown, range = { at: 0, sizeBytes: 0 }) => {
    most = Math.max(most, ++reading);
    await new Promise((later) => setImmediate(later));
    reading--;
    return [object.subarray(range.at, range.at + range.sizeBytes)];
  };
  const parts: Buffer[] = [];
  const { signal } = new AbortController();
  for await (const part of inParts({ getBytes } as never, 'base.tar.zst', object.length, signal)) parts.push(part);
  expect({ isEqual: Buffer.concat(parts).equals(object), parts: parts.length, most }).toEqual({
    ...{ isEqual: true, parts: 8, most: 4 },
  });
});

test('a file of a base backup that is missing is refused', async () => {
  const none = { getBytes: async () => undefined };
  const parts = inParts(none, 'base.tar.zst', 100, new AbortController().signal);
  await expect(parts.next()).rejects.toMatchObject({
    ...{ name: 'VaultError', problem: 'it is missing', hint: 'choose another base backup' },
  });
});

test('without PITR there is no drill by schedule, and one by hand', () => {
  expect(() => readRecoveryConfig({})).toThrow(/PITR is off: set PITR=on/);
  expect(readRecoveryConfig({}, { byHand: true }).task).toBeUndefined();
});

test('what the scratch server lacks of what dumps had is said, each once', () => {
  const name = { database: 'shop', firedAt: startedAt };
  const { source } = sampleManifest(name);
  const extensions = ['plpgsql', 'postgis', 'citext'].map((one) => ({ name: one, version: '1.0', schema: 'public' }));
  const manifests = [1, 2].map(() => sampleManifest(name, { source: { ...source, extensions } }));
  const server = (...names: string[]) => ({ extensions: new Map(names.map((one) => [one, ''])) }) as never;
  expect(lackingWords(manifests, server('postgis', 'citext'))).toEqual([]);
  expect(lackingWords(manifests, server())).toEqual(['The scratch server lacks the libraries of citext, postgis.']);
});
