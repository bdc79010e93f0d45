/**
 * Debian's packages `postgresql-<major>-…` that no drill needs or can use, and why. With the table of packages they are all
 * that Debian has: one that is in neither is new, and a test says so.
 */
export const LEFT_ASIDE: Readonly<Record<string, string>> = {
  'address-standardizer': 'postgis-3 has the same extensions, and the two cannot be unpacked together',
  'auto-failover': 'its monitor watches other servers, and it is no database that anyone restores',
  'bgw-replstatus': 'no extension: a background worker',
  decoderbufs: 'no extension: an output plugin of logical replication, which has no SQL',
  documentdb: 'its workers act on what they find, as soon as it is loaded',
  jit: 'no extension: drills run without JIT',
  'pg-catcheck': 'no extension: a program',
  'pg-checksums': 'no extension: a program',
  'pg-crash': 'no extension: it kills servers',
  'pg-failover-slots': 'no extension: a background worker',
  pgextwlist: 'no extension: it lets other roles create extensions',
  'pgrouting-doc': 'documentation',
  'pgrouting-scripts': 'comes with pgrouting',
  'postgis-3-scripts': 'comes with postgis-3',
  'slony1-2': 'no extension: triggers of replication, whose daemon makes them',
  snakeoil: 'it needs the signatures of ClamAV, which are no part of Debian',
  unit: 'its script reads a file from where Debian installs it, and nothing is installed',
  wal2json: 'no extension: an output plugin of logical replication',
};
