/**
 * The folders of the C library's locales that may serve for a name, the best first. Pure.
 *
 * `en_US.UTF-8` lies in `en_US.utf8`. Where a language has one codeset, its folder has none in its name: `hi_IN` is of
 * UTF-8, and `de_DE` of ISO 8859-1. The C library compares the codeset with what was asked for.
 *
 * @returns none for `C` and `POSIX`, which need no files, and for what is no such name: `German_Germany.1252`
 * @see glibc's intl/explodename.c and intl/l10nflist.c, _nl_normalize_codeset
 */
export function localeFolders(name: string): string[] {
  const [, language = '', codeset, modifier] = NAME.exec(name) ?? [];
  if (language === '' || (language === 'C' && codeset === undefined)) return [];
  const plain = codeset === undefined ? '' : `.${normalized(codeset)}`;
  const at = modifier === undefined ? '' : `@${modifier}`;
  return [...new Set([`${language}${plain}${at}`, `${language}${at}`, `${language}${plain}`, language])].filter(
    (folder) => folder !== 'C',
  );
}

/** `de_DE`, `ast_ES`, `eo`, and `C` with a codeset. */
const NAME = /^(C|[a-z]{2,3}(?:_[A-Z]{2})?)(?:\.([A-Za-z0-9_-]+))?(?:@([a-z]+))?$/;

/** In lower case, letters and digits alone; digits alone are of ISO. */
function normalized(codeset: string): string {
  const letters = codeset.toLowerCase().replace(/[^a-z0-9]/g, '');
  return /^\d+$/.test(letters) ? `iso${letters}` : letters;
}
