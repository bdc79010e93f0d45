import { expect, test } from 'vitest';
import { formatColumns, formatTable } from '../../../layers/words/columns.ts';

test('columns are as wide as they must be, figures on the right', () => {
  const text = formatColumns(
    [{ name: 'NAME' }, { name: 'SIZE', right: true }, { name: '' }],
    [
      ['shop', '1 B', 'x'],
      ['Käse', '12.3 MB', ''],
    ],
  );
  expect(text).toBe('NAME     SIZE\nshop      1 B  x\nKäse  12.3 MB');
});

test('the second column of a table begins where the longest first one ends', () => {
  expect(
    formatTable([
      ['a', '1'],
      ['long', '2'],
    ]),
  ).toBe('  a     1\n  long  2');
});
