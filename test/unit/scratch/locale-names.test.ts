import { expect, test } from 'vitest';
import { localeFolders } from '../../../layers/scratch/locale-names.ts';

test.each([
  ['en_US.UTF-8', ['en_US.utf8', 'en_US']],
  ['en_US.utf8', ['en_US.utf8', 'en_US']],
  ['de_DE', ['de_DE']],
  ['de_DE@euro', ['de_DE@euro', 'de_DE']],
  ['de_DE.UTF-8@euro', ['de_DE.utf8@euro', 'de_DE@euro', 'de_DE.utf8', 'de_DE']],
  ['ja_JP.EUC-JP', ['ja_JP.eucjp', 'ja_JP']],
  ['en_US.ISO8859-15', ['en_US.iso885915', 'en_US']],
  ['ru_RU.8859-5', ['ru_RU.iso88595', 'ru_RU']],
  ['hi_IN.UTF-8', ['hi_IN.utf8', 'hi_IN']],
  ['eo', ['eo']],
  ['ber_DZ', ['ber_DZ']],
  ['C.UTF-8', ['C.utf8']],
  ['C', []],
  ['POSIX', []],
  ['', []],
  ['German_Germany.1252', []],
  ['../../etc', []],
  ['de_DE/../x', []],
])('the locale %s lies in %j', (name, folders) => {
  expect(localeFolders(name)).toEqual(folders);
});
