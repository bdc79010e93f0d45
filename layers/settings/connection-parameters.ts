/** The parameters that libpq and our configuration share, in URLs and in service files alike. */
export const CONNECTION_PARAMETERS: Readonly<Record<string, string>> = {
  host: 'POSTGRES_HOST',
  sslmode: 'PGSSLMODE',
  sslrootcert: 'PGSSLROOTCERT',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
  target_session_attrs: 'PGTARGETSESSIONATTRS',
  channel_binding: 'PGCHANNELBINDING',
  passfile: 'PGPASSFILE',
  connect_timeout: 'PGCONNECT_TIMEOUT',
};
