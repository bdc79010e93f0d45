import { REFRESH_NAME, REQUIRED } from '../refresh-variables.ts';
import type { Document, Entry, Position } from './document.ts';
import { REFRESH_LEAVES, TREES } from './places.ts';
import { readSettings, type Setting } from './read-settings.ts';

/** A database elsewhere that is refreshed from backups of this server. */
export interface RefreshEntry {
  readonly name: string;
  readonly at: Position;
  readonly settings: readonly Setting[];
}

/** @param path - the keys that lead there: `server.refresh` */
export function readRefreshEntries({ at, value }: Entry, path: string, document: Document): RefreshEntry[] {
  const named = document.entries(value, path);
  if (named.length === 0) document.report(at, `${path} has none: name one, with from, to and replaces below`);
  return named.map((entry) => {
    const { key: name, at: here } = entry;
    if (!REFRESH_NAME.test(name)) document.report(here, `${path}.${name} must be named by letters, digits, - and _`);
    const base = `${path}.${name}.`;
    const settings = readSettings(document.entries(entry.value, base.slice(0, -1)), TREES.refresh, {
      ...{ document, level: 'refresh', base },
    });
    for (const missing of REQUIRED.filter((one) => !settings.some((setting) => setting.name === one))) {
      const key = REFRESH_LEAVES.find((leaf) => leaf.name === missing)?.file.at;
      // Where its value is refused, that is a problem already.
      if (!document.problems.some(({ problem }) => problem.startsWith(`${base}${key} `))) {
        document.report(here, `${base.slice(0, -1)} lacks ${key}`);
      }
    }
    return { name, at: here, settings };
  });
}
