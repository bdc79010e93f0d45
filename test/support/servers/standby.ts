import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connect } from '../../../layers/postgres/connect/connection.ts';
import { embeddedPostgres } from '../../../layers/postgres/places/embedded-installation.ts';
import { startEmbeddedServer } from '../../../layers/postgres/places/embedded-server.ts';
import { freePort, PASSWORD, startTestPostgres, type TestPostgres } from './postgres.ts';

/** A primary and the standby that streams from it. */
export interface Replication {
  readonly primary: TestPostgres;
  readonly standby: TestPostgres;
  /** Waits until the standby shows all that the primary has committed. */
  caughtUp(): Promise<void>;
  end(): Promise<void>;
}

/** Standbys come without a password. */
export const REPLICATION_HBA = `host replication all 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n`;

/**
 * Starts two real servers, the second from a copy of the first's files.
 *
 * @param settings - of the standby
 */
export async function startReplication(settings: Record<string, string> = {}): Promise<Replication> {
  const primary = await startTestPostgres({ hba: REPLICATION_HBA, settings: { full_page_writes: 'on' } });
  const copy = await startCopy(primary, {
    ...{ hot_standby: 'on', wal_receiver_status_interval: '1s' },
    primary_conninfo: `host=127.0.0.1 port=${primary.target.port} user=postgres`,
    ...settings,
  });
  const standby: TestPostgres = {
    ...copy,
    createDatabase: (name) => primary.createDatabase(name).then(caughtUp),
  };
  async function caughtUp(): Promise<void> {
    const [at] = await primary.sql<{ lsn: string }>('postgres', 'SELECT pg_current_wal_flush_lsn() AS lsn');
    const reached = `SELECT FROM pg_last_wal_replay_lsn() AS lsn WHERE lsn >= '${at?.lsn}'`;
    while ((await standby.sql('postgres', reached)).length === 0) await new Promise((done) => setTimeout(done, 20));
  }
  return {
    primary,
    standby,
    caughtUp,
    async end() {
      await standby.end();
      await primary.end();
    },
  };
}

/**
 * A server on a copy of another's files, of the same system identifier: its standby, or a clone that goes on by itself.
 *
 * @param standby - the settings of a standby; without them it is a clone, on the timeline of its source
 * @see https://www.postgresql.org/docs/current/continuous-archiving.html#BACKUP-LOWLEVEL-BASE-BACKUP
 */
export async function startCopy(source: TestPostgres, standby?: Record<string, string>): Promise<TestPostgres> {
  const folder = mkdtempSync(path.join(tmpdir(), 'pgvouch-copy-'));
  const dataDir = path.join(folder, 'data');
  await copyFiles(source, dataDir);
  if (standby) writeFileSync(path.join(dataDir, 'standby.signal'), '');
  execFileSync('chown', ['--reference', dataDir, '-R', dataDir]);
  const port = await freePort();
  const server = await startEmbeddedServer({
    installation: embeddedPostgres(),
    ...{ dataDir, port, user: 'postgres', password: PASSWORD },
    settings: { fsync: 'off', ...standby },
  });
  const target = { ...source.target, port };
  const sql: TestPostgres['sql'] = async (database, text) => {
    const client = await connect(target, database, 'test');
    return client.query(text).then(
      ({ rows }) => client.end().then(() => rows),
      (error) => client.end().then(() => Promise.reject(error)),
    );
  };
  return {
    target,
    sql,
    async createDatabase(name) {
      await sql('postgres', `CREATE DATABASE "${name.replaceAll('"', '""')}"`);
    },
    kill: () => server.daemon.kill(),
    async end() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The files of a running server, and what a server on them needs to recover; with its slots. */
export async function copyFiles(primary: Pick<TestPostgres, 'target' | 'sql'>, dataDir: string): Promise<void> {
  const [from] = await primary.sql<{ dir: string }>('postgres', `SELECT current_setting('data_directory') AS dir`);
  const session = await connect(primary.target, 'postgres', 'base backup');
  try {
    await session.query(`SELECT pg_backup_start('copy', true)`);
    // With its owner, who is not root.
    execFileSync('cp', ['-a', from?.dir ?? '', dataDir]);
    const { rows } = await session.query<{ labelfile: string }>('SELECT labelfile FROM pg_backup_stop(false)');
    // What ends the backup was written after the copy: a clone must find it.
    execFileSync('cp', ['-a', `${from?.dir}/pg_wal/.`, path.join(dataDir, 'pg_wal')]);
    writeFileSync(path.join(dataDir, 'backup_label'), rows[0]?.labelfile ?? '');
  } finally {
    await session.end();
  }
  for (const name of ['postmaster.pid', 'postmaster.opts']) rmSync(path.join(dataDir, name), { force: true });
}
