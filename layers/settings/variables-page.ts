import { otherParameters, requiredParameters, sameParameters, withoutIt } from './parameters-page.ts';
import type { Variable } from './variable.ts';
import { GROUPS, secretNames, VARIABLES } from './variables.ts';

/** `<!-- variables: bucket -->` … `<!-- end -->`, with whatever stood between. */
const PLACE = /(<!-- variables: ([a-z-]+) -->\n).*?(<!-- end -->)/gs;

/** The places that docs/configuration.md must have, so that every variable stands in one of them. */
export const PLACES = ['common', ...Object.keys(GROUPS), 'secrets'] as const;

/** Those that docs/aws.md must have, for the parameters. */
export const AWS_PLACES = ['aws-required', 'aws', 'aws-same'] as const;

/**
 * Puts the tables of variables into the places that a page has for them; the rest of the page stays as it is.
 *
 * @throws Error if a place is for a group that there is not
 */
export function fillVariables(page: string): string {
  return page.replace(PLACE, (_, begin: string, group: string, end: string) => `${begin}\n${contentOf(group)}\n${end}`);
}

/** The groups that a page has places for. */
export function placesIn(page: string): string[] {
  return Array.from(page.matchAll(PLACE), ([, , group = '']) => group);
}

function contentOf(group: string): string {
  return group === 'aws-same' ? `${sameParameters().join(', ')}.\n` : tableOf(rowsOf(group));
}

function tableOf(rows: readonly string[][]): string {
  const lines = rows.map((cells) => `| ${cells.map(escapeCell).join(' | ')} |\n`);
  return `| variable | default | meaning |\n|---|---|---|\n${lines.join('')}`;
}

function rowsOf(group: string): string[][] {
  const all = Object.entries<Variable>(VARIABLES);
  if (group === 'common') return all.filter(([, { common }]) => common).map(rowOf);
  if (group === 'secrets') return all.filter(([, { secret }]) => secret).flatMap(([name]) => secretRows(name));
  if (group === 'aws-required') return requiredParameters();
  if (group === 'aws') return otherParameters();
  const variables = Object.entries<Readonly<Record<string, Variable>>>(GROUPS).find(([name]) => name === group)?.[1];
  if (variables === undefined) throw new Error(`there are no variables of the group ${group}`);
  return Object.entries(variables)
    .filter(([, { common }]) => !common)
    .map(rowOf);
}

function rowOf([name, variable]: readonly [string, Variable]): string[] {
  return [`\`${name}\``, withoutIt(variable), variable.meaning];
}

function secretRows(name: string): string[][] {
  const [, ...places] = secretNames(name);
  return places.map((place) => [`\`${place}\``, 'none', `Instead of \`${name}\``]);
}

function escapeCell(cell: string): string {
  return cell.replaceAll('|', '\\|');
}
