/** A pattern of pg_dump as regular expressions of PostgreSQL, each to be matched against a whole name. */
export interface NamePattern {
  /** Undefined where the pattern names no schema: pg_dump then looks only at what the search path shows. */
  readonly schema: string | undefined;
  readonly name: string;
}

/**
 * Reads a pattern as pg_dump does: letters outside of double quotes are folded to lower case, `*` stands for any
 * characters, `?` for one, a dot parts schema and name, and whatever else is special in a regular expression stays so.
 *
 * @param of - what the pattern names: schemas have no schema
 * @returns the expressions, or what is wrong: `must not …`
 * @see https://www.postgresql.org/docs/current/app-psql.html#APP-PSQL-PATTERNS
 * @see src/fe_utils/string_utils.c, patternToSQLRegex
 */
export function readPattern(pattern: string, of: 'schemas' | 'tables'): NamePattern | { readonly wrong: string } {
  if (pattern === '') return { wrong: 'must not be empty' };
  if (pattern.includes('\0')) return { wrong: 'must not hold a NUL character' };
  const parts = [''];
  let quoted = false;
  const add = (text: string) => parts.push(parts.pop() + text);
  for (let index = 0; index < pattern.length; index++) {
    const character = pattern[index] ?? '';
    const next = pattern[index + 1];
    if (character === '"') {
      if (quoted && next === '"') {
        add('"');
        index++;
      } else quoted = !quoted;
    } else if (!quoted && character === '.') parts.push('');
    else if (!quoted && character === '*') add('.*');
    else if (!quoted && character === '?') add('.');
    else if (!quoted && /[A-Z]/.test(character)) add(character.toLowerCase());
    else if (character === '$' || (quoted ? SPECIAL.test(character) : character === '[' && next === ']'))
      add(`\\${character}`);
    else add(character);
  }
  if (quoted) return { wrong: 'must close its double quotes' };
  const [first = '', second] = parts.map((part) => `^(${part})$`);
  if (of === 'schemas') {
    return parts.length === 1 ? { schema: undefined, name: first } : { wrong: 'must name schemas, without a dot' };
  }
  if (parts.length > 2) return { wrong: 'must be table or schema.table' };
  return second === undefined ? { schema: undefined, name: first } : { schema: first, name: second };
}

const SPECIAL = /[|*+?()[\]{}.^$\\]/;
