/** An extension as a backup, or a database, has it. */
export interface Present {
  readonly name: string;
  readonly schema: string;
  readonly version: string;
}

/** SQL to run in the database: after the extensions are there, and after everything was restored. */
export interface AroundRestore {
  /** The extensions that ask for it, those first that others need: their rows come back only into an empty database. */
  readonly names: readonly string[];
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** What extensions ask for around a restore. Pure. */
export function aroundRestore(extensions: readonly Present[]): AroundRestore {
  const asked = extensions.map((one) => AROUND[one.name]?.(one) ?? NOTHING);
  const all = (part: keyof AroundRestore) => asked.flatMap((one) => one[part]);
  const names = all('names').filter((name) => extensions.some((one) => one.name === name));
  return { names, before: all('before'), after: all('after') };
}

const NOTHING: AroundRestore = { names: [], before: [], after: [] };

const AROUND: Readonly<Record<string, (extension: Present) => AroundRestore>> = {
  // @see https://www.tigerdata.com/docs/self-hosted/latest/backup-and-restore/logical-backup
  timescaledb({ name, schema }) {
    const within = `"${schema.replaceAll('"', '""')}"`;
    return {
      names: [name],
      before: [`SELECT ${within}.timescaledb_pre_restore()`],
      after: [`SELECT ${within}.timescaledb_post_restore()`],
    };
  },
  // CREATE EXTENSION makes rows that pg_dump archives, too: with pg_restore alone they come twice, and it fails.
  // @see https://github.com/powa-team/powa-archivist/pull/124
  powa({ name, version }) {
    if (!/^5\.0\./.test(version)) return NOTHING;
    return { names: ['btree_gist', 'pg_stat_statements', name], before: [withoutRowsOfItsOwn(name)], after: [] };
  },
};

/** Empties the tables of an extension that are archived whole. @see pg_extension_config_dump, whose condition is empty then */
function withoutRowsOfItsOwn(extension: string): string {
  return `DO $$ DECLARE whole regclass; BEGIN
    FOR whole IN SELECT of.oid FROM pg_extension e, unnest(e.extconfig, e.extcondition) AS of (oid, condition)
                  WHERE e.extname = '${extension}' AND of.condition = ''
    LOOP EXECUTE format('DELETE FROM %s', whole); END LOOP; END $$`;
}
