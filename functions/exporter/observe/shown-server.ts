import type { Vault } from '../../../layers/vault/vault.ts';
import type { Observer } from './observer.ts';

/** A server whose backups are shown. */
export interface ShownServer {
  /** Undefined for the one that has none. */
  readonly name: string | undefined;
  readonly observer: Observer;
  readonly vault: Vault;
}

/** The server that somebody asks for, or why it is none: nobody says which of several, or there is none of that name. */
export function askedServer(
  servers: readonly ShownServer[],
  name: string | undefined,
): ShownServer | 'unsaid' | 'unknown' {
  const [only, second] = servers;
  if (name === undefined) return only && second === undefined ? only : 'unsaid';
  return servers.find((server) => server.name === name) ?? 'unknown';
}
