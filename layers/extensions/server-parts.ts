/** What an extension asks of the server that it is restored into, beyond being there. */
export interface ServerPart {
  /** What `shared_preload_libraries` must hold, in this order. */
  readonly preload?: readonly string[];
  readonly settings?: Readonly<Record<string, string>>;
  /** A setting that names the one database in which the extension works. */
  readonly databaseSetting?: string;
  /** Whether its rows must come back one table after another: its own tables reference each other. */
  readonly inOrder?: true;
}

/**
 * What extensions ask of their server. Only what CREATE EXTENSION or a restore cannot do without is preloaded: a library
 * that is loaded may start workers, and those act on what was restored. So `pg_partman_bgw`, `powa` and others are not
 * here. Workers that come along all the same are kept from working.
 */
export const SERVER_PARTS: Readonly<Record<string, ServerPart>> = {
  // @see https://github.com/citusdata/pg_cron#setting-up-pg_cron
  pg_cron: {
    preload: ['pg_cron'],
    databaseSetting: 'cron.database_name',
    settings: {
      'cron.launch_active_jobs': 'off',
      // Releases before 1.5 do not have that: there nothing may run at a time, and no job would reach its server.
      'cron.max_running_jobs': '0',
      'cron.host': '/nonexistent',
      'cron.log_run': 'off',
      'cron.log_statement': 'off',
    },
  },
  // Its jobs need workers of its own, of which there are none. @see https://www.tigerdata.com/docs/self-hosted/latest/configuration
  timescaledb: {
    // @see https://www.tigerdata.com/docs/self-hosted/latest/backup-and-restore/logical-backup, on pg_restore -j
    inOrder: true,
    preload: ['timescaledb'],
    settings: { 'timescaledb.max_background_workers': '0', 'timescaledb.telemetry_level': 'off' },
  },
  // It would connect to the nodes that its tables name. @see https://github.com/2ndQuadrant/pglogical#usage
  pglogical: { preload: ['pglogical'], settings: { 'pglogical.extra_connection_options': 'host=/nonexistent' } },
  pg_stat_statements: { preload: ['pg_stat_statements'], settings: { 'pg_stat_statements.track': 'none' } },
  pg_stat_kcache: { preload: ['pg_stat_statements', 'pg_stat_kcache'] },
  pg_rewrite: { preload: ['pg_rewrite'] },
  pg_squeeze: { preload: ['pg_squeeze'] },
  pg_stat_log: { preload: ['pg_stat_log'] },
  pg_textsearch: { preload: ['pg_textsearch'] },
  pgaudit: { preload: ['pgaudit'] },
  pgnodemx: { preload: ['pgnodemx'] },
};
