import { withoutIt } from '../parameters-page.ts';
import { LEAVES, type Level } from './places.ts';

/** `<!-- keys: server -->` … `<!-- end -->`, with whatever stood between. */
const PLACE = /(<!-- keys: ([a-z]+) -->\n).*?(<!-- end -->)/gs;

/** Puts the tables of keys into the places that docs/config-file.md has for them; the rest of the page stays as it is. */
export function fillKeys(page: string): string {
  return page.replace(PLACE, (_, begin: string, level: string, end: string) => `${begin}\n${tableOf(level)}\n${end}`);
}

/** The tables, one for each level down to which keys may stand. */
export const KEY_PLACES: readonly Level[] = ['database', 'server', 'top'];

export function keyPlacesIn(page: string): string[] {
  return Array.from(page.matchAll(PLACE), ([, , level = '']) => level);
}

function tableOf(level: string): string {
  const rows = LEAVES.filter(({ file }) => (file.per ?? 'top') === level).map(({ name, variable, file }) => {
    const at = variable.secret ? `\`${file.at}\` (secret)` : `\`${file.at}\``;
    return `| ${at} | \`${name}\` | ${withoutIt(variable)} |\n`;
  });
  return `| key | variable | default |\n|---|---|---|\n${rows.join('')}`;
}
