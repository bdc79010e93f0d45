/** Which databases of a server are to be backed up. Patterns are compared with whole names, in the case they are written in. */
export interface DatabasePatterns {
  /** These in any case, whether the server has them or not. */
  readonly names: readonly string[];
  /** Those that the server has and that one of these fits, `*` for any characters and `?` for one. */
  readonly include: readonly string[];
  /** But none that one of these fits. */
  readonly exclude: readonly string[];
}

/** Begins what is left out: `!scratch_*`. */
const EXCLUDES = '!';

/**
 * Sorts a list into names and patterns. Pure.
 *
 * @param list - names, patterns with `*` or `?`, and names or patterns after an exclamation mark
 * @returns undefined if it has names alone, or what is wrong, as the rest of a sentence
 */
export function sortPatterns(list: readonly string[]): DatabasePatterns | { readonly wrong: string } | undefined {
  if (!list.some(isPattern)) return undefined;
  const exclude = list.flatMap((entry) => (entry.startsWith(EXCLUDES) ? [entry.slice(1)] : []));
  const others = list.filter((entry) => !entry.startsWith(EXCLUDES));
  const patterns = {
    names: others.filter((entry) => !isPattern(entry)),
    include: others.filter(isPattern),
    exclude,
  };
  if (exclude.includes('')) return { wrong: 'has an exclamation mark without a name behind it' };
  if (patterns.include.length === 0) {
    return { wrong: 'leaves databases out, but has no pattern of those that it takes: begin it with "*"' };
  }
  const torn = patterns.names.find((name) => exclude.some((pattern) => fits(pattern, name)));
  if (torn !== undefined) return { wrong: `names ${JSON.stringify(torn)}, and leaves it out` };
  return patterns;
}

/** Undoes {@link sortPatterns}, but for the order. */
export function listOf({ names, include, exclude }: DatabasePatterns): string[] {
  return [...names, ...include, ...exclude.map((pattern) => EXCLUDES + pattern)];
}

/** Whether a database is named, or a pattern fits it and none leaves it out. Pure. */
export function isChosen({ names, include, exclude }: DatabasePatterns, database: string): boolean {
  if (names.includes(database)) return true;
  const one = (patterns: readonly string[]) => patterns.some((pattern) => fits(pattern, database));
  return one(include) && !one(exclude);
}

/** The same of a list as {@link sortPatterns} takes it; one that is wrong has nothing. Pure. */
export function isListed(list: readonly string[], database: string): boolean {
  const sorted = sortPatterns(list);
  if (sorted === undefined) return list.includes(database);
  return !('wrong' in sorted) && isChosen(sorted, database);
}

/** Whether an entry of a list is more than a name. */
export function isPattern(entry: string): boolean {
  return entry.startsWith(EXCLUDES) || /[*?]/.test(entry);
}

/** In time that grows with the product of both lengths, whatever the pattern is. */
function fits(pattern: string, name: string): boolean {
  const wanted = [...pattern];
  // Where the name read so far may have brought us in the pattern.
  let reached = new Set(skipStars(wanted, [0]));
  for (const character of name) {
    const next = [...reached].flatMap((at) => {
      const here = wanted[at];
      if (here === '*') return [at];
      return here === '?' || here === character ? [at + 1] : [];
    });
    reached = new Set(skipStars(wanted, next));
  }
  return reached.has(wanted.length);
}

/** An asterisk may stand for nothing. */
function skipStars(wanted: readonly string[], places: readonly number[]): number[] {
  return places.flatMap((place) => {
    const all = [place];
    for (let at = place; wanted[at] === '*'; at++) all.push(at + 1);
    return all;
  });
}
