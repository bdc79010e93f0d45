import type pg from 'pg';
import type { Remark } from '../../backup/remarks.ts';
import { askIfAllowed } from '../connect/ask.ts';
import { deviationsOf } from '../connect/connection.ts';
import { isSuperuser } from '../connect/server-facts.ts';

export interface Seeing {
  readonly role: string;
  readonly standby: boolean;
  readonly rolePasswords: boolean;
}

/**
 * Finds what pg_dump will leave out without an error: what the role may not see, and what a standby does not have.
 *
 * @param client - in the transaction whose snapshot pg_dump gets
 * @see src/bin/pg_dump/pg_dump.c, getSubscriptions and dumpUserMappings
 */
export async function findUnseen(client: pg.Client, seeing: Seeing): Promise<Remark[]> {
  const hidden = (await isSuperuser(client)) ? [] : await hiddenFrom(client, seeing);
  return [...hidden, ...(seeing.standby ? await unloggedTables(client) : []), ...damageUnseen(client)];
}

async function hiddenFrom(client: pg.Client, { role, rolePasswords }: Seeing): Promise<Remark[]> {
  const subscriptions = await names(
    client,
    `SELECT quote_ident(subname) AS name FROM pg_catalog.pg_subscription
      WHERE subdbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()) ORDER BY 1`,
  );
  const mappings = await names(client, (await mayReadMappings(client)) ? MAPPINGS_WITH_OPTIONS : MAPPINGS_UNSEEN);
  return [
    ...lacking(
      subscriptions,
      'subscriptions',
      (list) => `The backup lacks the subscriptions (${list}): pg_dump leaves them out unless a superuser runs it.`,
    ),
    ...lacking(
      mappings,
      'user mapping options',
      (list) =>
        `The backup lacks the options of user mappings, such as user and password (${list}): the role "${role}" may not see them.`,
    ),
    ...(rolePasswords
      ? []
      : [
          {
            lacks: 'role passwords',
            text: `The backup lacks the passwords of roles: the role "${role}" may not read pg_authid.`,
          },
        ]),
  ];
}

/** The view gives NULL for what the role may not see, and for a mapping that has no options; only the table tells them apart. */
const MAPPINGS_UNSEEN = `
  SELECT quote_ident(usename) || ' on ' || quote_ident(srvname) AS name FROM pg_catalog.pg_user_mappings
   WHERE umoptions IS NULL ORDER BY 1`;
const MAPPINGS_WITH_OPTIONS = `
  SELECT quote_ident(usename) || ' on ' || quote_ident(srvname) AS name
    FROM pg_catalog.pg_user_mappings v JOIN pg_catalog.pg_user_mapping m ON m.oid = v.umid
   WHERE v.umoptions IS NULL AND m.umoptions IS NOT NULL ORDER BY 1`;

async function mayReadMappings(client: pg.Client): Promise<boolean> {
  const ask = `SELECT has_table_privilege('pg_catalog.pg_user_mapping', 'SELECT') AS may`;
  return (await askIfAllowed<{ may: boolean }>(client, ask))?.[0]?.may ?? false;
}

async function unloggedTables(client: pg.Client): Promise<Remark[]> {
  const tables = await names(
    client,
    `SELECT c.oid::regclass::text AS name FROM pg_catalog.pg_class c
      WHERE c.relkind = 'r' AND c.relpersistence = 'u' ORDER BY 1`,
  );
  return lacking(
    tables,
    'rows of unlogged tables',
    (list) => `The backup lacks the rows of unlogged tables (${list}): a standby does not have them.`,
  );
}

/** Only a superuser can turn them off, and they make pg_dump pass over damage. */
function damageUnseen(client: pg.Client): Remark[] {
  return deviationsOf(client)
    .stuck.filter((name) => name !== 'lc_messages')
    .map((name) => ({
      text: `${name} is on for this role or database: rows on damaged pages may be missing or wrong in the backup.`,
    }));
}

/** What a server does not let anyone ask is not known to be missing. */
async function names(client: pg.Client, sql: string): Promise<string[]> {
  const rows = (await askIfAllowed<{ name: string }>(client, sql)) ?? [];
  return rows.map(({ name }) => name);
}

function lacking(found: readonly string[], lacks: string, text: (list: string) => string): Remark[] {
  if (found.length === 0) return [];
  const shown = found.slice(0, MOST_NAMES).join(', ');
  const more = found.length - MOST_NAMES;
  return [{ lacks, text: text(more > 0 ? `${shown} and ${more} more` : shown) }];
}

const MOST_NAMES = 10;
