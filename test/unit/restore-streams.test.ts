import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkedBytes } from '../../functions/by-hand/restore/archive.ts';
import { watchComplaints } from '../../layers/postgres/programs/older-server.ts';
import { shellWord } from '../../layers/words/shell.ts';

const wanted = (bytes: Buffer) => ({
  ...{ key: 'k', compression: 'zstd:3', oldestPgRestore: 17, sizeBytes: bytes.length },
  sha256: createHash('sha256').update(bytes).digest('hex'),
});

async function pass(chunks: readonly Buffer[], promised: Buffer) {
  async function* source() {
    yield* chunks;
  }
  const seen: Buffer[] = [];
  let failure: unknown;
  try {
    for await (const chunk of checkedBytes(source(), wanted(promised), 'hint', () => {})) seen.push(chunk);
  } catch (error) {
    failure = error;
  }
  return { seen: Buffer.concat(seen), failure };
}

test('right bytes pass whole; of wrong ones the end never comes', async () => {
  const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 }).map(Buffer.from), {
    minLength: 1,
    maxLength: 9,
  });
  const property = fc.asyncProperty(chunks, fc.nat(), async (good, at) => {
    const bytes = Buffer.concat(good);
    expect(await pass(good, bytes)).toEqual({ seen: bytes, failure: undefined });

    const bad = good.map((chunk) => Buffer.from(chunk));
    const hit = bad[at % bad.length] ?? Buffer.alloc(1);
    hit[0] = (hit[0] ?? 0) ^ 255;
    for (const wrong of [bad, good.slice(0, -1), [...good, Buffer.from('x')]]) {
      const { seen, failure } = await pass(wrong, bytes);
      expect(failure).toMatchObject({ name: 'VaultError', hint: 'hint' });
      expect(seen.length).toBeLessThan(Math.max(1, Buffer.concat(wrong).length));
    }
  });
  await fc.assert(property, { numRuns: 50 });
});

const KNOWN = `could not execute query: ERROR:  unrecognized configuration parameter "transaction_timeout"
Command was: SET transaction_timeout = 0;`;
const ERROR = 'pg_restore: error: ';
const HEAD = 'pg_restore: while INITIALIZING:\n';

test.each([
  ['one', `${HEAD}${ERROR}${KNOWN}\npg_restore: warning: errors ignored on restore: 1\n`],
  ['in German', `${HEAD}${ERROR}${KNOWN.replace(/ERROR.*"trans/, 'FEHLER:  unbekannter Parameter »trans')}\n`],
  ['of two jobs at once', `pg_restore: pg_restore: error: error: ${KNOWN}${KNOWN}\n\n`],
])('the one known complaint of an older server: %s', (_, said) => {
  const complaints = watchComplaints();
  for (const byte of Buffer.from(said)) complaints.take(Buffer.from([byte]));
  expect({ aborted: complaints.signal.aborted, expected: complaints.areExpected() }).toEqual({
    aborted: false,
    expected: true,
  });
});

test.each([
  ['nothing at all', '', false],
  ['a lost connection', `${HEAD}${ERROR}${KNOWN}\n${ERROR}connection to server was lost\n`, false],
  [
    'a function that sets it',
    `${ERROR}${KNOWN}\n${ERROR}${KNOWN.replace('SET trans', 'CREATE FUNCTION f() SET trans')}\n`,
    false,
  ],
  ['a missing role', `${ERROR}${KNOWN}\n${ERROR}could not execute query: ERROR:  role "x" does not exist\n`, true],
  ['a broken COPY', `${ERROR}${KNOWN}\n${ERROR}COPY failed for table "t": ERROR:  duplicate key\n`, true],
])('any other complaint is a failure: %s', (_, said, aborted) => {
  const complaints = watchComplaints();
  complaints.take(Buffer.from(said));
  expect({ aborted: complaints.signal.aborted, expected: complaints.areExpected() }).toEqual({
    aborted,
    expected: false,
  });
});

test('whatever is quoted comes out of a shell as it went in', () => {
  const words = fc.array(
    fc.string({ unit: 'grapheme', maxLength: 20 }).filter((word) => !word.includes('\0')),
    {
      minLength: 1,
      maxLength: 40,
    },
  );
  const property = fc.property(words, (list) => {
    const script = `printf '%s\\0' ${list.map(shellWord).join(' ')}`;
    const said = execFileSync('sh', ['-c', script]).toString('utf8').split('\0').slice(0, -1);
    expect(said).toEqual(list);
  });
  fc.assert(property, {
    numRuns: 30,
    examples: [[["it's", '$HOME', '`id`', '', 'a b\nc', '"', '\\', '*', '-x', '~']]],
  });
});
