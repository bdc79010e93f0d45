import { withoutIt } from '../parameters-page.ts';
import { LEAVES, type Level, REFRESH_LEAVES } from './places.ts';
import { meaningOf } from './schema.ts';

/** `<!-- keys: server -->` … `<!-- end -->`, with whatever stood between. */
const PLACE = /(<!-- keys: ([a-z]+) -->\n).*?(<!-- end -->)/gs;

/** Puts the tables of keys into the places that docs/config-file.md has for them; the rest of the page stays as it is. */
export function fillKeys(page: string): string {
  return page.replace(PLACE, (_, begin: string, level: string, end: string) => `${begin}\n${tableOf(level)}\n${end}`);
}

/** The tables in their order: of refreshes, and one for each level down to which other keys may stand. */
export const KEY_PLACES: readonly Level[] = ['refresh', 'database', 'server', 'top'];

export function keyPlacesIn(page: string): string[] {
  return Array.from(page.matchAll(PLACE), ([, , level = '']) => level);
}

function tableOf(level: string): string {
  if (level === 'refresh') return refreshTable();
  const rows = LEAVES.filter(({ file }) => (file.per ?? 'top') === level).map(({ name, variable, file }) => {
    const at = variable.secret ? `\`${file.at}\` (secret)` : `\`${file.at}\``;
    return `| ${at} | \`${name}\` | ${withoutIt(variable)} |\n`;
  });
  return `| key | variable | default |\n|---|---|---|\n${rows.join('')}`;
}

/** They are no variables, so that their meaning stands nowhere else. */
function refreshTable(): string {
  const rows = REFRESH_LEAVES.map((leaf) => {
    const at = leaf.variable.secret ? `\`${leaf.file.at}\` (secret)` : `\`${leaf.file.at}\``;
    return `| ${at} | ${withoutIt(leaf.variable)} | ${meaningOf(leaf)} |\n`;
  });
  return `| key | default | meaning |\n|---|---|---|\n${rows.join('')}`;
}
