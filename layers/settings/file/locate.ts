import { baseNameOf } from '../override.ts';
import type { Position } from './document.ts';
import { LEAVES, REFRESH_LEAVES } from './places.ts';
import type { Setting } from './read-settings.ts';

/** What a reader found wrong, in the words of the file, and where it stands there; undefined if not in the file. */
export interface Located {
  readonly problem: string;
  readonly at: Position | undefined;
}

/**
 * Says in the words of a file what a reader found wrong with a variable, and where it stands there. Pure.
 *
 * @param settings - what came from the file
 * @param problem - with names of variables, and `(database "shop")` or `(refresh "staging")` where it is about one
 */
export function locate(settings: readonly Setting[], problem: string): Located {
  const database = /\(database "(.*)"\)/.exec(problem)?.[1];
  const refresh = /\(refresh "(.*)"\)/.exec(problem)?.[1];
  // How to connect is said in both.
  const isThere = ({ key }: Setting) =>
    refresh === undefined ? !key.includes('.refresh.') : key.includes(`.refresh.${refresh}.`);
  const settingOf = (name: string) => {
    const all = settings.filter((setting) => baseNameOf(setting.name) === baseNameOf(name)).filter(isThere);
    // Patterns stand in quotes.
    const own = [database, `"${database}"`].map((written) => `.databases.${written}.`);
    return all.findLast(({ key }) => own.some((part) => key.includes(part))) ?? all.at(-1);
  };
  let at: Position | undefined;
  const text = problem.replace(/\b[A-Z][A-Z_]{2,}\b/g, (name) => {
    const setting = settingOf(name);
    at ??= setting?.at;
    if (setting) return setting.key;
    const leaves = refresh === undefined ? LEAVES : REFRESH_LEAVES;
    const leaf = leaves.find((one) => one.name === baseNameOf(name));
    return leaf ? `${name} (in the file: ${leaf.file.at})` : name;
  });
  return { problem: text, at };
}
