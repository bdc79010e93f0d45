import * as z from 'zod';
import { type DatabasePatterns, isChosen } from './database-patterns.ts';
import { readDocument } from './document.ts';

const REASONS = ['template', 'closed', 'invalid', 'denied', 'provider'] as const;

const foundSchema = z.object({
  format: z.literal('pgvouch/databases'),
  formatVersion: z.literal(1),
  /** Of the schedule: the dumps of this finding are named by it. */
  firedAt: z.iso.datetime(),
  /** When the server was asked. */
  foundAt: z.iso.datetime(),
  /** As manifests have it. */
  server: z.object({
    systemIdentifier: z.string().nullable(),
    standby: z.boolean(),
    name: z.string(),
    startedAt: z.iso.datetime().optional(),
    timeline: z.int().optional(),
    walPosition: z.string().optional(),
  }),
  /** How many dumps run at once. */
  concurrency: z.int().positive(),
  /** Those to back up, in the order of their dumps. */
  databases: z.array(z.object({ name: z.string().min(1), since: z.iso.datetime() })),
  /** Those that were to be backed up and that the server has no more, the last one first. */
  gone: z.array(z.object({ name: z.string().min(1), since: z.iso.datetime() })),
  /** Those that a pattern fits and that are not backed up, and why. */
  apart: z.array(z.object({ name: z.string().min(1), why: z.enum(REASONS) })),
});

/** `databases.json`: which databases the server had when it was last asked. See docs/format.md. */
export type FoundDatabases = z.infer<typeof foundSchema>;

/**
 * Why a database is not backed up although a pattern fits it: a template, one that takes no connections, one whose
 * `DROP DATABASE` was interrupted, one that the role may not connect to, one that a provider keeps for itself.
 */
export type ApartReason = (typeof REASONS)[number];

/** @throws {@link VaultError} if the text is not such a document, ConfigError if a newer version wrote it */
export function parseFoundDatabases(text: string, key: string): FoundDatabases {
  return readDocument(foundSchema, text, key);
}

/** A database as `pg_database` shows it. */
export interface SeenDatabase {
  readonly name: string;
  readonly template: boolean;
  /** Whether it takes connections: by `datallowconn`, and by its limit. */
  readonly open: boolean;
  /** Its `DROP DATABASE` was interrupted. */
  readonly invalid: boolean;
  /** Whether the role has the right to connect. */
  readonly connect: boolean;
}

type Finding = Pick<FoundDatabases, 'databases' | 'gone' | 'apart'> & {
  /** Those that were not there the last time. */
  readonly came: readonly string[];
  /** Those that were there the last time. */
  readonly went: readonly string[];
};

/**
 * Compares what a server has with what it had. Pure.
 *
 * A database that only lost the role's right to connect is still to be backed up: its dump fails, and people hear of it.
 * What is named is to be backed up in any case. A database that is left out now is neither found nor gone.
 *
 * @param known - what was found the last time; undefined if nobody has looked yet
 * @param at - when the server was asked
 */
export function compareFound(
  known: Pick<FoundDatabases, 'databases' | 'gone'> | undefined,
  seen: readonly SeenDatabase[],
  patterns: DatabasePatterns,
  at: Date,
): Finding {
  const now = at.toISOString();
  const before = new Map(known?.databases.map(({ name, since }) => [name, since]));
  const there = new Set(seen.map(({ name }) => name));
  const judged = seen
    .filter(({ name }) => isChosen(patterns, name) && !patterns.names.includes(name))
    .map((one) => ({ name: one.name, why: whyApart(one, before.has(one.name)) }));
  const found = judged.flatMap(({ name, why }) => (why === undefined ? [name] : []));
  const databases = [...patterns.names, ...found].map((name) => ({ name, since: before.get(name) ?? now }));
  const isGone = ({ name }: { readonly name: string }) =>
    !there.has(name) && isChosen(patterns, name) && !patterns.names.includes(name);
  const went = (known?.databases ?? []).filter(isGone).map(({ name }) => name);
  const long = (known?.gone ?? []).filter(isGone);
  return {
    databases,
    gone: [...went.map((name) => ({ name, since: now })), ...long].slice(0, MOST_GONE),
    apart: judged.flatMap(({ name, why }) => (why === undefined ? [] : [{ name, why }])),
    came: databases.flatMap(({ name }) => (before.has(name) ? [] : [name])),
    went,
  };
}

/**
 * The same without a database that its own dump has found dropped. Pure.
 *
 * @returns undefined if it is not among those to back up
 */
export function withoutGone(found: FoundDatabases, database: string, at: Date): FoundDatabases | undefined {
  const databases = found.databases.filter(({ name }) => name !== database);
  if (databases.length === found.databases.length) return undefined;
  const gone = [{ name: database, since: at.toISOString() }, ...found.gone].slice(0, MOST_GONE);
  return { ...found, databases, gone };
}

/** Where databases come and go daily, the document stays small. */
const MOST_GONE = 1_000;

/**
 * What providers keep for themselves: nobody else may connect, whatever the catalog says.
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.html
 * @see https://cloud.google.com/sql/docs/postgres/create-manage-databases
 * @see https://learn.microsoft.com/azure/postgresql/flexible-server/concepts-servers
 */
const OF_PROVIDERS: readonly string[] = ['rdsadmin', 'cloudsqladmin', 'azure_maintenance', 'azure_sys'];

function whyApart({ name, template, open, invalid, connect }: SeenDatabase, isKnown: boolean): ApartReason | undefined {
  if (template) return 'template';
  if (invalid) return 'invalid';
  if (!open) return 'closed';
  if (OF_PROVIDERS.includes(name)) return 'provider';
  return connect || isKnown ? undefined : 'denied';
}
