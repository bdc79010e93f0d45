/** An extension as a backup has it. */
export interface InSchema {
  readonly name: string;
  readonly schema: string;
}

/** SQL to run in the database: after the extensions are there, and after everything was restored. */
export interface AroundRestore {
  /** The extensions that ask for it: their rows come back only into an empty database, and by one job. */
  readonly names: readonly string[];
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
  if (timescaledb === undefined) return { names: [], before: [], after: [] };
  const schema = `"${timescaledb.schema.replaceAll('"', '""')}"`;
  return {
    names: [timescaledb.name],
    before: [`SELECT ${schema}.timescaledb_pre_restore()`],
    after: [`SELECT ${schema}.timescaledb_post_restore()`],
  };
}
