import { type Comparison, compareRestored, type Restored } from '../backup/comparison.ts';
import { ConfigError } from '../backup/errors.ts';
import type { Manifest } from '../backup/manifest.ts';

export type Table = Manifest['tables'][number];

/** The schemas of tables, each once. */
export function schemasOf(tables: readonly Table[]): string[] {
  return [...new Set(tables.map(({ schema }) => schema))];
}

/**
 * What a person tells pg_restore of them.
 *
 * @throws {@link ConfigError} if they lie in several schemas
 */
export function tableArguments(tables: readonly Table[]): string[] {
  const schemas = schemasOf(tables);
  // pg_restore takes schemas and names as two lists, and whatever is in both: with --clean it would replace what nobody named.
  if (schemas.length > 1) {
    throw refuse(
      `they are in ${schemas.length} schemas (${schemas.join(', ')}), and pg_restore would mix up their names`,
      'print the commands one schema at a time, or leave out --print',
    );
  }
  const names = new Set(tables.map(({ name }) => name));
  return [...schemas.map((schema) => `--schema=${schema}`), ...[...names].map((name) => `--table=${name}`)];
}

/** Compares only those tables: everything else may be as it was, or not there. */
export function compareTables(manifest: Manifest, tables: readonly Table[], restored: Restored): Comparison {
  const only = { ...manifest, tables: [...tables], sequences: [], objects: {}, largeObjects: restored.largeObjects };
  const { compared, ...found } = compareRestored(only, { ...restored, objects: {} });
  return { ...found, compared: { ...compared, largeObjects: 0 } };
}

function refuse(problem: string, hint: string): ConfigError {
  return new ConfigError({ operation: 'choose tables', problem, hint });
}
