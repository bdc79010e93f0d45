import { type LeftOut, leftOutWords } from '../../layers/backup/left-out.ts';
import { count } from '../../layers/words/counts.ts';

/** Named one by one; beyond, only how many there are. */
const MOST_NAMES = 5;

/** Lines that list what a backup leaves out: the patterns, what they matched, and what that breaks. */
export function describeLeftOut(leftOut: LeftOut | undefined): string[] {
  if (leftOut === undefined) return [];
  const words = leftOutWords(leftOut);
  const names = (of: readonly { readonly schema: string; readonly name: string }[]) =>
    some(of.map(({ schema, name }) => `${schema}.${name}`));
  const { patterns, schemas, relations, rows, largeObjects, needs } = leftOut;
  const idle = patterns.filter(({ matched }) => matched === 0);
  return [
    ...(words === '' ? [] : [`partial: ${words}`]),
    ...(schemas.length > 0 ? [`without ${count(schemas.length, 'schema')}: ${some(schemas)}`] : []),
    ...(relations.length > 0 ? [`without ${count(relations.length, 'relation')}: ${names(relations)}`] : []),
    ...(rows.length > 0 ? [`without the data of ${count(rows.length, 'relation')}: ${names(rows)}`] : []),
    ...(largeObjects > 0 ? [`without ${count(largeObjects, 'large object')}`] : []),
    ...idle.map(({ variable, pattern }) => `! ${variable} ${pattern} matched nothing`),
    ...needs.slice(0, MOST_NAMES).map(({ object, of }) => `! ${object} needs ${of}, which is left out`),
    ...(needs.length > MOST_NAMES ? [`! and ${needs.length - MOST_NAMES} more need what is left out`] : []),
  ];
}

function some(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMES).join(', ');
  return names.length > MOST_NAMES ? `${shown} and ${names.length - MOST_NAMES} more` : shown;
}
