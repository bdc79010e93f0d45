import { readSecret } from '../../secrets/read-secret.ts';
import type { PostgresConfig } from './config.ts';
import type { Heartbeat } from './heartbeat.ts';

/** Where to connect: the configuration with its password read. */
export interface ConnectionTarget extends Omit<PostgresConfig, 'password'> {
  readonly password: string | undefined;
  /** Of connections that wait; tests shorten it. */
  readonly heartbeat?: Heartbeat;
}

/** Reads the password, if it is kept elsewhere. @throws {@link ConfigError} if it cannot be read */
export async function readTarget(config: PostgresConfig, now: number): Promise<ConnectionTarget> {
  return { ...config, password: config.password && (await readSecret(config.password, now)) };
}
