import { lacksRepairs, shortVersion } from './release.ts';

/** What an old pg_dump means, and what to do about it. */
export interface OlderClient {
  /** One sentence. */
  readonly problem: string;
  readonly hint: string;
}

/** As manifests name them. */
interface Programs {
  readonly server: { readonly version: string };
  readonly client: { readonly version: string };
}

/**
 * Whether a dump was taken by a pg_dump that lacks repairs of its server. Such a backup counts: it is proved like any
 * other, and none at all would be worse. But what a repair added to the server's catalogs the old pg_dump does not know,
 * and it may write it into the archive as if users had made it. PostgreSQL 15.20 from Debian is one: the archive of an
 * older pg_dump restores onto servers of 15.20 and newer 15 alone.
 */
export function olderClient({ server, client }: Programs): OlderClient | undefined {
  if (!lacksRepairs(client.version, server.version)) return undefined;
  return {
    problem: `pg_dump ${shortVersion(client.version)} is older than its server, PostgreSQL ${shortVersion(server.version)}.`,
    hint: 'Its archive may not restore onto other servers. Update the programs: restart npm start, which fetches newer ones; on AWS run npm run layers and deploy again; with PG_CLIENT_DIR, update the programs there.',
  };
}
