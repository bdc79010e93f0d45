import type { PostgresConfig } from './config.ts';
import type { Heartbeat } from './heartbeat.ts';
import type { Host } from './hosts.ts';

/** Where to connect: the configuration with its password read, and with one host of those that it names. */
export interface ConnectionTarget extends Omit<PostgresConfig, 'password' | 'hosts' | 'targetSessionAttrs'>, Host {
  readonly password: string | undefined;
  /** Of connections that wait; tests shorten it. */
  readonly heartbeat?: Heartbeat;
}
