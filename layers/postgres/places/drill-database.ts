import pg from 'pg';
import { textOf } from '../../backup/errors.ts';
import type { Manifest } from '../../backup/manifest.ts';
import { type OtherVersion, otherVersions } from '../../backup/text-order.ts';
import { connect } from '../connect/connection.ts';
import type { ConnectionTarget } from '../connect/target.ts';
import { createDatabaseSql, partSql } from './create-database.ts';
import { makeSystemCollations, readVersions } from './drill-collations.ts';
import { finishExtensions, type MadeExtensions, makeExtensions } from './drill-extensions.ts';
import { dependsOnOrder, orderComplaint } from './drill-order.ts';
import { prepareDrillDatabase } from './drill-properties.ts';
import { makeRoles } from './drill-roles.ts';
import { clear, drillDatabaseName } from './drill-turn.ts';
import { emptyTables, type Filled } from './empty-tables.ts';
import { cutOff, listMaterializedViews, type MaterializedView } from './foreign-access.ts';
import type { GlobalRoles } from './global-roles.ts';
import { tryMonetary } from './monetary.ts';
import { listTimeChecks, type TimeCheck } from './time-checks.ts';

/** A database to restore into, made for one drill. */
export interface DrillDatabase {
  readonly name: string;
  /** The `lc_monetary` to restore with; see monetary.ts. */
  readonly monetary: string | undefined;
  /** What the server lacks of what the backup's database had, each a sentence. */
  readonly lacking: readonly string[];
  /**
   * Makes extensions in it, those first that others need, and readies them for a restore; see drill-extensions.ts.
   */
  makeExtensions(extensions: Manifest['source']['extensions']): Promise<MadeExtensions>;
  /**
   * Does what they ask for after a restore, if the server ends with the drill: on any other their workers would go to work.
   *
   * @returns what failed, each a sentence
   */
  finishExtensions(): Promise<string[]>;
  /** Cuts it off from other servers and files; see foreign-access.ts. */
  cutOff(): Promise<MaterializedView[]>;
  /** The collations that sort by another version there than they did; once all definitions are there. */
  otherCollations(): Promise<OtherVersion[]>;
  /** Whether a complaint of pg_restore's may come of that alone; see drill-order.ts. */
  isOfOrder(problem: string): Promise<boolean>;
  /** Gives back the disk that a part of it takes; see empty-tables.ts. */
  empty(filled: Filled): Promise<void>;
  /** What it has of CHECK constraints that depend on when they are checked; see time-checks.ts. */
  timeChecks(): Promise<TimeCheck[]>;
  /**
   * Lets us in whatever its event triggers think of it: they may refuse sessions from 17 on. Where the role may not say
   * so, nothing changes.
   */
  silenceEventTriggers(): Promise<void>;
  /** Lets the owner of everything read every row: where tables FORCE ROW LEVEL SECURITY only a superuser may otherwise. */
  showEveryRow(): Promise<void>;
  /**
   * Brings the rest of what belongs to the database itself, and compares all of it. Nobody may get in afterwards.
   *
   * @returns what could not be brought, a sentence each: never the backup's fault
   */
  finish(): Promise<{ readonly lacking: readonly string[] }>;
  /** Drops what was made, database and roles. Never throws: what stays is reported. */
  drop(): Promise<void>;
}

export interface DrillDatabaseOptions {
  /** A fresh one by default. */
  readonly name?: string | undefined;
  readonly source: Manifest['source'];
  readonly leftOut: Manifest['leftOut'];
  readonly roles: GlobalRoles;
  /** Whether roles get their attributes and memberships, too: the server must end with the drill. */
  readonly withRights: boolean;
  /** Whether the database can get its owner and grants. */
  readonly superuser: boolean;
  /** Takes a sentence of each thing that was made and could not be dropped. */
  readonly onLeftover: (what: string) => void;
}

/**
 * Makes an empty database with the encoding and locale of the one backed up, and the roles that its objects belong to,
 * without any right to log in. Where the server has not the locale it is `C`, and the verdict says so: the rest can still be
 * proved. It gets the settings that values may depend on.
 */
export async function makeDrillDatabase(
  target: ConnectionTarget,
  { name = drillDatabaseName(), source, leftOut, roles, withRights, superuser, onLeftover }: DrillDatabaseOptions,
): Promise<DrillDatabase> {
  const admin = await connect(target, 'postgres', APPLICATION);
  const madeRoles: string[] = [];
  const drop = async () => {
    try {
      const cleaner = await connect(target, 'postgres', APPLICATION);
      const made = { databases: [name], roles: madeRoles };
      await clear(cleaner, made, onLeftover).finally(() => cleaner.end());
    } catch (error) {
      onLeftover(`The drill's database ${name} could not be dropped: ${textOf(error)}.`);
    }
  };
  try {
    const locale = await makeDatabase(admin, name, source);
    await makeRoles(target, name, roles, withRights, madeRoles);
    const itself = await prepareDrillDatabase(target, name, source, superuser);
    await makeReadyForPart(target, name, leftOut);
    await within(target, name, (client) => makeSystemCollations(client, source.collations ?? []));
    const readOthers = async (client: pg.Client) => otherVersions(source, await readVersions(client));
    const money = await tryMonetary(target, name, source.monetary);
    return {
      ...{ name, monetary: money.monetary },
      otherCollations: () => within(target, name, readOthers),
      async isOfOrder(problem) {
        const complaint = orderComplaint(problem);
        if (complaint === undefined) return false;
        return within(target, name, async (client) => dependsOnOrder(client, complaint, await readOthers(client)));
      },
      lacking: [...locale, ...itself.lacking, ...money.lacking],
      finish: () => itself.finish(locale.length > 0),
      makeExtensions: (extensions) => makeExtensions((work) => within(target, name, work), extensions),
      finishExtensions: async () => (withRights ? within(target, name, finishExtensions) : []),
      cutOff: () =>
        within(target, name, async (client) => {
          await cutOff(client);
          return listMaterializedViews(client);
        }),
      empty: (filled) => within(target, name, (client) => emptyTables(client, filled)),
      timeChecks: () => within(target, name, listTimeChecks),
      async silenceEventTriggers() {
        const client = await connect(target, 'postgres', APPLICATION);
        await client.query(`ALTER DATABASE ${name} SET event_triggers = off`).catch(() => {});
        await client.end();
      },
      async showEveryRow() {
        await within(target, name, (client) => client.query(NO_FORCE));
      },
      drop,
    };
  } catch (error) {
    await drop();
    throw error;
  } finally {
    await admin.end();
  }
}

const APPLICATION = 'pgvouch drill';
const NO_FORCE = `DO $$ DECLARE forced regclass;
  BEGIN FOR forced IN SELECT oid FROM pg_catalog.pg_class WHERE relforcerowsecurity
    LOOP EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', forced); END LOOP; END $$`;

async function makeReadyForPart(target: ConnectionTarget, name: string, leftOut: Manifest['leftOut']): Promise<void> {
  const statements = partSql(leftOut);
  if (statements.length === 0) return;
  const client = await connect(target, name, APPLICATION);
  await client.query(statements.join(';')).finally(() => client.end());
}

async function makeDatabase(admin: pg.Client, name: string, source: Manifest['source']): Promise<string[]> {
  try {
    await admin.query(createDatabaseSql(name, source));
    return [];
  } catch (error) {
    const { code, message } = error as { code?: string; message?: string };
    // invalid_parameter_value and wrong_object_type are what a locale that is not there gives.
    if (code !== '22023' && code !== '42809' && !/locale|ICU/i.test(message ?? '')) throw error;
    const { encoding, locale, localeProvider, collate } = source;
    const plain = `ENCODING ${pg.escapeLiteral(encoding)} LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C'`;
    await admin.query(`CREATE DATABASE ${name} TEMPLATE template0 ${plain}`);
    return [`The scratch server lacks the locale ${locale ?? collate} (${localeProvider}): C was used.`];
  }
}

async function within<T>(
  target: ConnectionTarget,
  database: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = await connect(target, database, APPLICATION);
  return work(client).finally(() => client.end());
}
