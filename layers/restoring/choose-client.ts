import { ConfigError } from '../backup/errors.ts';
import type { Manifest } from '../backup/manifest.ts';
import { KNOWS_TRANSACTION_TIMEOUT } from '../postgres/complaints/older-server.ts';
import type { ClientPrograms } from '../postgres/programs/client-programs.ts';

export interface ChosenClient {
  readonly client: ClientPrograms;
  /** Whether it will set `transaction_timeout` on a server that does not know it. */
  readonly olderServer: boolean;
}

/**
 * Chooses the pg_restore for a server: of the server's own major if it can read the archive, else the next newer one,
 * else the newest. Pure.
 *
 * @param clients - oldest first
 * @throws {@link ConfigError} if none of them can read the archive
 */
export function chooseClient(
  clients: readonly ClientPrograms[],
  { archive, client: writer }: Pick<Manifest, 'archive' | 'client'>,
  serverMajor: number,
): ChosenClient {
  const able = clients.filter(({ major }) => major >= archive.oldestPgRestore);
  const client = able.find(({ major }) => major >= serverMajor) ?? able.at(-1);
  if (client === undefined) {
    throw new ConfigError({
      operation: 'choose pg_restore for',
      subject: `an archive from pg_dump ${writer.major}`,
      problem: `it needs pg_restore ${archive.oldestPgRestore} or newer, but the newest here is ${clients.at(-1)?.major}`,
      hint: `PG_CLIENT_DIR must name client programs of PostgreSQL ${archive.oldestPgRestore} or newer`,
    });
  }
  return { client, olderServer: isTooNew(client.major) && !isTooNew(serverMajor) };
}

function isTooNew(major: number): boolean {
  return major >= KNOWS_TRANSACTION_TIMEOUT;
}
