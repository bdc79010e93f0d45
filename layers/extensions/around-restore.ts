/** An extension as a backup has it. */
export interface InSchema {
  readonly name: string;
  readonly schema: string;
}

/** SQL to run in the database: after the extensions are there, and after everything was restored. */
export interface AroundRestore {
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/**
 * What extensions ask for around a restore. Pure.
 *
 * @see https://www.tigerdata.com/docs/self-hosted/latest/backup-and-restore/logical-backup
 */
export function aroundRestore(extensions: readonly InSchema[]): AroundRestore {
  const timescaledb = extensions.find(({ name }) => name === 'timescaledb');
  if (timescaledb === undefined) return { before: [], after: [] };
  const schema = `"${timescaledb.schema.replaceAll('"', '""')}"`;
  return {
    before: [`SELECT ${schema}.timescaledb_pre_restore()`],
    after: [`SELECT ${schema}.timescaledb_post_restore()`],
  };
}
