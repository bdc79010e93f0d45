import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shellWord } from '../../../layers/words/shell.ts';

test.each([
  ['shop', 'shop'],
  ['my shop', "'my shop'"],
  ["it's", "'it'\\''s'"],
  ['$(rm -rf)', "'$(rm -rf)'"],
])('%s on a command line is %s', (name, word) => {
  expect(shellWord(name)).toBe(word);
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
