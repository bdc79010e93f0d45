import type pg from 'pg';
import { readSecret } from '../../secrets/read-secret.ts';
import { chooseHost } from './choose-host.ts';
import type { PostgresConfig } from './config.ts';
import { type Asked, dial } from './dial.ts';
import { describeHosts, type SessionState } from './hosts.ts';
import type { ConnectionTarget } from './target.ts';

/** What is connected to while a host is looked for: a database, or a walsender. */
export type Sought = Pick<Asked, 'database' | 'replication'>;

/** A walsender for physical replication, which belongs to no database. */
export const WALSENDER: Sought = { database: 'replication', replication: 'true' };

/**
 * Reads the password, if it is kept elsewhere, and looks for the host, if the configuration leaves a choice. Whoever works
 * with a server asks once: all connections of one dump must reach the same one.
 *
 * @throws {@link ConfigError} if the password cannot be read, {@link DumpError} if none of the hosts gives what is looked for
 */
export async function readTarget(config: PostgresConfig, now: number, sought: Sought): Promise<ConnectionTarget> {
  const { hosts, targetSessionAttrs, serverName, ...rest } = config;
  const password = config.password && (await readSecret(config.password, now));
  const at = { ...rest, password, serverName: serverName ?? (hosts.length > 1 ? describeHosts(hosts) : undefined) };
  const [only] = hosts;
  if (only && hosts.length === 1 && targetSessionAttrs === 'any') return { ...at, ...only };
  const host = await chooseHost(hosts, targetSessionAttrs, async (one) => {
    const client = await dial({ ...at, ...one }, { ...sought, application_name: 'pgvouch' });
    try {
      return await readSessionState(client);
    } finally {
      await client.end();
    }
  });
  return { ...at, ...host };
}

/** By SHOW, which walsenders answer too. */
async function readSessionState(client: pg.Client): Promise<SessionState> {
  const isOn = async (setting: string) => {
    const { rows } = await client.query<Record<string, string>>(`SHOW ${setting}`);
    return rows[0]?.[setting] === 'on';
  };
  const readOnly = await isOn('transaction_read_only');
  const inHotStandby = readOnly && (await isOn('in_hot_standby').catch(() => askOlder(client)));
  return { inHotStandby, readOnly };
}

/** The setting came with PostgreSQL 14. */
async function askOlder(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ standby: boolean }>('SELECT pg_catalog.pg_is_in_recovery() AS standby');
  return rows[0]?.standby === true;
}
