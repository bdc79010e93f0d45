import { createHash, randomUUID } from 'node:crypto';
import { open, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { chooseTables } from '../../../layers/backup/choose-tables.ts';
import { ConfigError, textOf } from '../../../layers/backup/errors.ts';
import { type Manifest, oldestPgRestore } from '../../../layers/backup/manifest.ts';
import { judgeWarnings } from '../../../layers/backup/remarks.ts';
import type { Selection } from '../../../layers/backup/selection.ts';
import { selectionArguments } from '../../../layers/backup/selection.ts';
import { dumpArchive, dumpFacts } from '../../../layers/dumping/dump-archive.ts';
import { connect } from '../../../layers/postgres/connect/connection.ts';
import type { ConnectionTarget } from '../../../layers/postgres/connect/target.ts';
import { openDumpSession } from '../../../layers/postgres/contents/dump-session.ts';
import { endPrepared } from '../../../layers/postgres/contents/end-prepared.ts';
import { listTables, type Relation } from '../../../layers/postgres/contents/relations.ts';
import { bestCompression, fittingClient } from '../../../layers/postgres/programs/client-programs.ts';
import { pgDumpGlobals } from '../../../layers/postgres/programs/pg-dump.ts';
import type { Body } from '../../../layers/vault/upload.ts';
import { whichDatabase } from './prepare.ts';
import type { MomentDeps, MomentRequest } from './request.ts';

/** Where what was dumped goes. */
export interface DumpFiles {
  readonly archive: string;
  readonly globals: string;
}

/** Nobody else is on that server. */
const LONG_MS = 2 ** 31 - 1;
/** Of more tables, naming all others would make too long a command line: then all rows are dumped. */
const MOST_LEFT_OUT = 2_000;
const PART_BYTES = 4 * 1024 * 1024;

/**
 * Dumps a database of the recovered server as dump does, with its manifest. Where single tables are wanted, the archive has
 * the rows of those alone, and everything that they may need.
 *
 * @param at - the moment that the data is of
 * @throws {@link ConfigError} if there is no such database or table, {@link DumpError} if the dump fails
 */
export async function dumpMoment(
  { clientPrograms, onProgress, onDone, clock }: MomentDeps,
  { database: named, tables, fingerprints, signal }: MomentRequest,
  target: ConnectionTarget,
  files: DumpFiles,
  at: Date,
): Promise<Manifest> {
  const startedAt = clock();
  const database = await chooseDatabase(target, named);
  await endPrepared(target, database);
  const selection = tables.length === 0 ? [] : await rowsOfOthers(target, database, tables);
  const clients = await clientPrograms();
  const waits = { idleTimeoutMs: LONG_MS, lockTimeoutMs: LONG_MS };
  const session = await openDumpSession(target, database, { ...waits, signal, selection });
  const what = `dump ${database}`;
  try {
    const client = fittingClient(clients, Math.floor(session.server.versionNumber / 10_000));
    const compression = await bestCompression(client);
    const dumped = await dumpArchive(
      {
        ...{ session, client, target, database, compression, fingerprints, signal },
        ...{ lockTimeoutMs: LONG_MS, checkIndexes: false, globals: pgDumpGlobals },
        // Large objects belong to no table.
        selection: [...selectionArguments(selection, false), ...(tables.length === 0 ? [] : ['--no-blobs'])],
        onBytes: (doneBytes) => onProgress({ what, doneBytes, totalBytes: 0 }),
      },
      (archive) => writeArchive(files.archive, archive),
    );
    await writeFile(files.globals, dumped.globals.sql, { mode: 0o600 });
    const finishedAt = clock();
    const { rolePasswords } = session;
    const remarks = [...session.remarks, ...judgeWarnings(dumped.said, session.remarks)];
    return {
      ...{ format: 'pgvouch/manifest', formatVersion: 1, database, firedAt: at.toISOString() },
      ...{ ...dumpFacts(session, client, dumped), snapshotAt: at.toISOString() },
      finishedAt: finishedAt.toISOString(),
      durationMs: Math.max(0, finishedAt.getTime() - startedAt.getTime()),
      attempt: randomUUID(),
      archive: {
        ...{ key: path.basename(files.archive), compression, ...dumped.archive },
        oldestPgRestore: oldestPgRestore(client.major),
      },
      globals: { key: path.basename(files.globals), ...measured(dumped.globals.sql), rolePasswords },
      ...(remarks.length > 0 && { remarks }),
    };
  } finally {
    onDone(what);
    await session.close();
  }
}

async function chooseDatabase(target: ConnectionTarget, named: string | undefined): Promise<string> {
  const client = await connect(target, 'template1', APPLICATION);
  try {
    const { rows } = await client.query<{ name: string }>(
      'SELECT datname AS name FROM pg_catalog.pg_database WHERE datallowconn AND NOT datistemplate ORDER BY datname',
    );
    const names = rows.map(({ name }) => name);
    if (named !== undefined && names.includes(named)) return named;
    const others = names.filter((name) => name !== 'postgres');
    const [only, ...more] = others;
    if (named === undefined && only !== undefined && more.length === 0) return only;
    throw whichDatabase(named === undefined ? others : names);
  } finally {
    await client.end();
  }
}

const APPLICATION = 'pgvouch restore';

/** The patterns that leave the rows of all other tables out; none where they would be too many, or cannot be said. */
async function rowsOfOthers(target: ConnectionTarget, database: string, names: readonly string[]): Promise<Selection> {
  const client = await connect(target, database, APPLICATION);
  try {
    const listed = (await listTables(client, false)).filter(({ hasData }) => hasData);
    const chosen = chooseTables({ tables: listed }, names, hintOf(listed));
    const others = listed.filter((one) => !chosen.includes(one));
    const { rows } = await client.query<{ encoding: string }>(`SELECT current_setting('server_encoding') AS encoding`);
    const isSayable = rows[0]?.encoding === 'UTF8' || others.every(({ schema, name }) => isAscii(schema + name));
    if (others.length > MOST_LEFT_OUT || !isSayable) return [];
    return others.map(({ schema, name }) => ({
      ...{ variable: 'DUMP_EXCLUDE_TABLE_DATA', pattern: `${quoted(schema)}.${quoted(name)}` },
    }));
  } finally {
    await client.end();
  }
}

function hintOf(listed: readonly Relation[]): string {
  const names = listed.map(({ schema, name }) => `${schema}.${name}`);
  const more = names.length > 20 ? ` and ${names.length - 20} more` : '';
  return `at that moment the database had ${names.slice(0, 20).join(', ') || 'no tables'}${more}; the rows of a partitioned table are in its partitions: --table 'orders_*'`;
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function isAscii(text: string): boolean {
  return /^\p{ASCII}*$/u.test(text);
}

/** If it fails, there is no file. */
async function writeArchive(file: string, archive: Body): Promise<void> {
  const refuse = (error: unknown) => {
    const hint = 'name a file that does not exist yet, in a folder with room';
    return new ConfigError({ operation: 'write', subject: file, problem: textOf(error), hint, cause: error });
  };
  const handle = await open(file, 'wx', 0o600).catch((error) => {
    throw refuse(error);
  });
  try {
    const part = Buffer.alloc(PART_BYTES);
    for (let filled = part.length; filled === part.length; ) {
      filled = await archive.fill(part);
      await handle.writeFile(part.subarray(0, filled)).catch((error) => {
        throw refuse(error);
      });
    }
    await handle.close();
  } catch (error) {
    await handle.close();
    await rm(file, { force: true });
    throw error;
  }
}

function measured(text: string): { readonly sizeBytes: number; readonly sha256: string } {
  return { sizeBytes: Buffer.byteLength(text), sha256: createHash('sha256').update(text).digest('hex') };
}
