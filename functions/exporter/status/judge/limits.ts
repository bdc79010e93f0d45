import { MOST_READ } from '../../observe/observation.ts';

/** What one page has room for, however much there is and whoever wrote it. */
export const ROOM = {
  /** Bytes of the whole page. What is promised is 100 kB. */
  pageBytes: 97_000,
  /** Bytes of the list that has a line for each database. */
  listBytes: 40_000,
  /** Characters of one text; of a longer one the beginning and the end are shown. */
  textLength: 400,
  /** Days that are named one by one. */
  namedDays: 5,
  /** What retention's last run could not do. */
  retentionProblems: 3,
  /** Clusters that have a section. */
  clusters: 4,
  refreshes: 10,
  /** Databases whose documents are read: about so many have a section on the page. */
  databasesRead: 24,
} as const;

/**
 * How much is shown of one database beside its state: all that was read, or only what is newest. Of a database that has
 * room for neither only its line in the list is shown, with a link to a page of its own.
 */
export const EXTENTS = {
  full: { rows: MOST_READ.verdicts, failures: MOST_READ.failures },
  short: { rows: 3, failures: 1 },
} as const;

export type Extent = keyof typeof EXTENTS;
