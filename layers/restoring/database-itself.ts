import { compareDatabase } from '../backup/database-comparison.ts';
import type { PropertyPart } from '../backup/database-properties.ts';
import { bringProperties } from '../postgres/places/own-properties.ts';
import { type PropertyStatements, propertyStatements } from '../postgres/places/properties-sql.ts';
import { createDatabase, type TargetState } from '../postgres/places/restore-target.ts';
import type { RestoreOptions, RestoreRequest } from './request.ts';

/** What a restore came to for the database itself: its encoding, locale, owner, grants, settings and the like. */
export interface DatabaseItself {
  /** From the manifest, a sentence each. */
  readonly differences: readonly string[];
  /** What the server refused, a line each. */
  readonly leftOut: readonly string[];
}

/** Of a backup of an older version of pgvouch. */
export const UNRECORDED =
  'This backup does not record the settings, grants and comment of the database itself: docs/restore.md says how to take them from the archive.';

/**
 * Makes the database if it is not there. One that is made here gets the properties of the one backed up; one that is
 * there already is somebody's, and keeps its own.
 *
 * @returns what finishes it once the data is there, and compares it
 * @throws {@link DumpError} if the server refuses to make it
 */
export async function prepareDatabase(
  { backup, to, options }: Pick<RestoreRequest, 'backup' | 'to' | 'options'>,
  { exists, server }: Pick<TargetState, 'exists' | 'server'>,
): Promise<() => Promise<DatabaseItself>> {
  const { source } = backup.manifest;
  const without = partsLeftOut(options);
  const statements = exists ? NONE : statementsFor(to.database, source.properties, options);
  const bring = (step: keyof PropertyStatements) =>
    bringProperties(to.target, to.database, statements[step], 'pgvouch restore');
  if (!exists) {
    const major = Math.floor(server.versionNumber / 10_000);
    const tablespace = options.properties && !without.includes('tablespace');
    await createDatabase(to.target, to.database, source, { major, tablespace });
  }
  const early = statements.before.length > 0 ? await bring('before') : { refused: [] };
  return async () => {
    // Of single tables in a database that holds others, nothing else is ours.
    const isOurs = options.properties && (!exists || options.tables.length === 0);
    if (!isOurs) return { differences: [], leftOut: [] };
    const { refused, found } = await bring('after');
    const all = [...early.refused, ...refused];
    return {
      differences: compareDatabase(source, found, without),
      leftOut: all.map(({ what, why }) => `${what} of the database: ${why}`),
    };
  };
}

/** What brings the properties back that a database had; nothing if they are not wanted, or not recorded. */
export function statementsFor(
  database: string,
  properties: RestoreRequest['backup']['manifest']['source']['properties'],
  options: Pick<RestoreOptions, 'without' | 'properties'>,
): PropertyStatements {
  if (properties === undefined || !options.properties) return NONE;
  return propertyStatements(database, properties, partsLeftOut(options));
}

const NONE: PropertyStatements = { before: [], after: [] };
const PARTS: Readonly<Record<string, PropertyPart>> = {
  '--no-owner': 'owner',
  '--no-privileges': 'grants',
  '--no-tablespaces': 'tablespace',
};

function partsLeftOut({ without }: Pick<RestoreOptions, 'without'>): PropertyPart[] {
  return without.flatMap((option) => PARTS[option] ?? []);
}
