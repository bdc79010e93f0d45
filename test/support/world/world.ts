import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import pino from 'pino';
import { inject } from 'vitest';
import { dump } from '../../../functions/dump/dump.ts';
import type { DumpRequest } from '../../../functions/dump/request.ts';
import type { VerifyDeps } from '../../../functions/verify/deps.ts';
import type { DrillPlace } from '../../../functions/verify/scratch.ts';
import { type VerifyRequest, verify } from '../../../functions/verify/verify.ts';
import { verifyAll } from '../../../functions/verify/verify-all.ts';
import { badVerdictError } from '../../../layers/backup/bad-verdict.ts';
import type { BackupName } from '../../../layers/backup/keys.ts';
import type { Manifest } from '../../../layers/backup/manifest.ts';
import type { Proved } from '../../../layers/backup/proved.ts';
import type { Selection } from '../../../layers/backup/selection.ts';
import { isBad, type Verdict } from '../../../layers/backup/verdict.ts';
import { type Deadline, startDeadline } from '../../../layers/deadline/deadline.ts';
import type { DumpProgress } from '../../../layers/log/dump-progress.ts';
import type { ConnectionTarget } from '../../../layers/postgres/connect/target.ts';
import { findClientPrograms } from '../../../layers/postgres/programs/client-programs.ts';
import { type Identities, NO_IDENTITIES } from '../../../layers/seal/identities.ts';
import { openManifest } from '../../../layers/seal/manifest.ts';
import type { Vault } from '../../../layers/vault/vault.ts';
import type { Pings } from '../../../layers/webhook/pings.ts';
import { runFolder } from '../run/run-folder.ts';
import { startTestPostgres, type TestPostgres } from '../servers/postgres.ts';
import type { AgeKeys } from './age-keys.ts';
import { clientFolder, type StandIns } from './client-folder.ts';
import { freshVault, keysOf, unfinishedKeysOf } from './world-vault.ts';

export interface WorldOptions {
  /** A fixture program that stands for pg_dump: `pg_dump-hangs`. */
  readonly pgDump?: string;
  /** One that stands for pg_restore. */
  readonly pgRestore?: string;
  /** Which majors of client programs there are; all by default. */
  readonly majors?: readonly number[];
  /** Folders of client programs instead of those, as `PG_CLIENT_DIR` names them. */
  readonly clientFolders?: readonly string[];
  /** Instead of a fresh one. */
  readonly vault?: Vault;
  /** Instead of the shared one. */
  readonly postgres?: TestPostgres;
  /** Where restores are tried; nowhere by default. */
  readonly drillPlace?: DrillPlace;
  /** The name of the database that is made; a fresh one by default. */
  readonly database?: string;
  /** One that is there, instead of a fresh one. */
  readonly inDatabase?: string;
  /** Dumps are sealed for them. */
  readonly keys?: AgeKeys;
  /** Whether verify has the identity; it does by default. */
  readonly opens?: boolean;
  /** To a dead-man's switch; none by default. */
  readonly pings?: Pings;
}

export interface DumpOptions {
  readonly firedAt?: Date;
  readonly deadlineMs?: number;
  /** Instead of one of so many milliseconds. */
  readonly deadline?: Deadline;
  readonly lockTimeoutMs?: number;
  readonly fingerprints?: boolean;
  readonly checkIndexes?: boolean;
  readonly selection?: Selection;
  /** Another role or address. */
  readonly target?: Partial<ConnectionTarget>;
  readonly onProgress?: (progress: DumpProgress) => void;
  readonly sharedGlobalsMs?: number;
  readonly onStep?: DumpRequest['onStep'];
}

/** The part of a manifest that names its backup. */
export type Named = Pick<Manifest, 'database' | 'firedAt'>;

export interface World {
  readonly vault: Vault;
  readonly postgres: TestPostgres;
  readonly database: string;
  /** Runs SQL in the world's database, as superuser. */
  sql<T extends pg.QueryResultRow>(text: string): Promise<T[]>;
  /** Opens what is sealed, if it is. */
  readonly identities: Identities;
  /** Dumps a database: the world's by default. Of a sealed backup it is the whole manifest that was sealed. */
  dump(database?: string, options?: DumpOptions): Promise<Manifest>;
  verify(of: Named, again?: boolean, deadline?: Deadline): Promise<Verdict | undefined>;
  /** As the schedule does that fired then, or as a person does. */
  verifyUnverified(firedAt?: Date): Promise<Proved[]>;
  keys(): Promise<string[]>;
  unfinishedUploads(): Promise<string[]>;
  /** Everything logged, one JSON text each. */
  readonly log: readonly string[];
  /** The process that a stand-in ran as. */
  standInPid(): number;
}

let shared: Promise<TestPostgres> | undefined;
const leftovers: (() => void)[] = [];

/** The server that all worlds of a worker share; it dies with the worker. */
export function sharedPostgres(): Promise<TestPostgres> {
  shared ??= startTestPostgres({ folder: runFolder('postgres') });
  return shared;
}

/** After a test file: the shared server is as it was before. */
export async function clearWorlds(): Promise<void> {
  for (const remove of leftovers.splice(0)) remove();
  const postgres = await shared;
  if (!postgres) return;
  const names = (text: string) => postgres.sql<{ name: string; within: string }>('postgres', text);
  for (const { name, within } of await names(`
    SELECT format('%I', subname) AS name, datname AS within FROM pg_subscription JOIN pg_database d ON d.oid = subdbid`)) {
    await postgres.sql(within, `ALTER SUBSCRIPTION ${name} DISABLE`);
    await postgres.sql(within, `ALTER SUBSCRIPTION ${name} SET (slot_name = NONE)`);
    await postgres.sql(within, `DROP SUBSCRIPTION ${name}`);
  }
  for (const { name } of await names(`SELECT format('%I', datname) AS name FROM pg_database WHERE oid >= 16384`)) {
    await postgres.sql('postgres', `ALTER DATABASE ${name} IS_TEMPLATE false`);
    await postgres.sql('postgres', `DROP DATABASE ${name} WITH (FORCE)`);
  }
  const roles = (await names(`SELECT format('%I', rolname) AS name FROM pg_roles WHERE oid >= 16384`)).map(
    ({ name }) => name,
  );
  if (roles.length > 0) await postgres.sql('postgres', `DROP OWNED BY ${roles}; DROP ROLE ${roles}`);
}

/** Everything that dump and verify need, all of it real: a database and a vault of its own, and the programs. */
export async function world(options: WorldOptions = {}): Promise<World> {
  const postgres = options.postgres ?? (await sharedPostgres());
  const database = options.inDatabase ?? options.database ?? `shop_${randomUUID().slice(0, 8)}`;
  // By way of the WAL takes twice as long. On a server of a test's own it stays so: a checkpoint lets go of WAL that it may need.
  const how = options.postgres ? '' : 'STRATEGY FILE_COPY';
  if (options.inDatabase === undefined) await postgres.createDatabase(database, how);
  const vault = options.vault ?? (await freshVault()).vault;
  const standIns: Record<string, string> = {
    ...(options.pgDump !== undefined && { pg_dump: options.pgDump }),
    ...(options.pgRestore !== undefined && { pg_restore: options.pgRestore }),
  };
  const programs = programFolders(standIns, options);
  const log: string[] = [];
  const identities = options.keys?.identities ?? NO_IDENTITIES;
  const deps = {
    vault,
    clientPrograms: () => programsIn(programs.folders),
    log: pino({ level: 'debug' }, { write: (line: string) => void log.push(line) }),
    clock: () => new Date(),
    drillPlace: options.drillPlace,
    recipients: options.keys?.recipients,
    identities: options.opens === false ? undefined : options.keys?.identities,
    ...(options.pings && { onStart: options.pings.start, onProved: options.pings.success }),
  };
  return {
    vault,
    postgres,
    database,
    identities,
    log,
    sql: (text) => postgres.sql(database, text),
    async dump(
      name = database,
      { firedAt = new Date(), deadlineMs = 100_000, lockTimeoutMs = 60_000, ...changes } = {},
    ) {
      const deadline =
        changes.deadline ?? startDeadline({ getRemainingTimeInMillis: () => deadlineMs }, `dump "${name}"`);
      const target = async () => ({ ...postgres.target, ...changes.target });
      const onProgress = changes.onProgress ?? (() => {});
      const request = {
        database: name,
        firedAt: wholeSeconds(firedAt),
        attempt: randomUUID(),
        deadline,
        lockTimeoutMs,
        ...(changes.fingerprints && { fingerprints: true }),
        ...(changes.checkIndexes && { checkIndexes: true }),
        ...(changes.selection && { selection: changes.selection }),
        ...(changes.sharedGlobalsMs !== undefined && { sharedGlobalsMs: changes.sharedGlobalsMs }),
        ...(changes.onStep && { onStep: changes.onStep }),
      };
      const stored = await dump({ ...deps, target, onProgress }, request).finally(deadline.clear);
      return openManifest(stored, identities, 'the manifest');
    },
    verify(manifest, again = false, { signal, clear } = verifyDeadline()) {
      const request = { ...nameOf(manifest), signal, as: again ? 'again' : 'new' } as const;
      return verifyOrRaise(deps, request).finally(clear);
    },
    verifyUnverified(firedAt) {
      const { signal, clear } = verifyDeadline();
      return verifyAll(deps, { kind: 'unverified', ...(firedAt && { firedAt }) }, signal).finally(clear);
    },
    keys: () => keysOf(vault),
    unfinishedUploads: () => unfinishedKeysOf(vault),
    standInPid: () => programs.pid(),
  };
}

function verifyDeadline(): Deadline {
  return startDeadline({ getRemainingTimeInMillis: () => 110_000 }, 'verify');
}

/** The backup that a manifest makes. */
export function nameOf({ database, firedAt }: Named): BackupName {
  return { database, firedAt: new Date(firedAt) };
}

/** As the function does: a bad verdict is thrown. */
export async function verifyOrRaise(deps: VerifyDeps, request: VerifyRequest): Promise<Verdict | undefined> {
  const verdict = await verify(deps, request);
  if (verdict && isBad(verdict.verdict)) throw badVerdictError(request, verdict);
  return verdict;
}

/** All client programs of this run. */
export function clientPrograms(): ReturnType<typeof findClientPrograms> {
  return programsIn(inject('pgClientRoots'));
}

const known = new Map<string, ReturnType<typeof findClientPrograms>>();

/** Asked once: their versions do not change while a test file runs. */
function programsIn(folders: readonly string[]): ReturnType<typeof findClientPrograms> {
  const id = folders.join(':');
  const found = known.get(id) ?? findClientPrograms(folders);
  known.set(id, found);
  return found;
}

function programFolders(standIns: StandIns, { majors, clientFolders }: WorldOptions) {
  const none = () => {
    throw new Error('no stand-in was asked for');
  };
  if (Object.keys(standIns).length > 0) {
    const { folder, pid, remove } = clientFolder(standIns);
    leftovers.push(remove);
    return { folders: [folder], pid };
  }
  if (clientFolders) return { folders: clientFolders, pid: none };
  const roots = inject('pgClientRoots');
  const folders =
    majors === undefined ? roots : roots.filter((root) => majors.some((one) => root.includes(`-${one}-`)));
  return { folders, pid: none };
}

function wholeSeconds(at: Date): Date {
  return new Date(Math.floor(at.getTime() / 1000) * 1000);
}
