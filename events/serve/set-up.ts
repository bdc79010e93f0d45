import { embeddedScratchFolders } from '../../layers/postgres/places/embedded-installation.ts';
import { type ClientPlace, clientFolders, describeClients } from '../host/set-up/clients.ts';
import { reachDatabase } from '../host/set-up/reach-database.ts';
import { setUpBucket } from '../host/set-up/set-up-bucket.ts';

/** What is looked at, one part at a time. */
export type SetUpEvent =
  | ({ readonly part: 'programs' } & ClientPlace)
  | { readonly part: 'database'; readonly databases: readonly string[] }
  | { readonly part: 'bucket'; readonly notifyArn: string | undefined };

export interface SetUpAnswer {
  /** What was found, for people. */
  readonly description: string;
  readonly remarks: readonly string[];
  /** For the functions' environment, where it says nothing else. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Looks at what the functions need, and sets up what it can: the client programs, PostgreSQL, the bucket. It runs in a
 * process of its own, because what it loads is more than the service should hold for ever.
 *
 * @throws PgvouchError naming what is wrong
 */
export async function handler(event: SetUpEvent, { signal }: { readonly signal: AbortSignal }): Promise<SetUpAnswer> {
  switch (event.part) {
    case 'programs':
      return programs(event, signal);
    case 'database': {
      const { description } = await reachDatabase(process.env, event.databases);
      return { description, remarks: [] };
    }
    case 'bucket': {
      const { bucket, prefix, remarks } = await setUpBucket(process.env, async () => event.notifyArn);
      return { description: `${bucket}/${prefix}`, remarks };
    }
  }
}

async function programs(place: ClientPlace, signal: AbortSignal): Promise<SetUpAnswer> {
  const found = await clientFolders(place, () => {}, signal);
  return {
    description: describeClients(found.programs, new Date()),
    remarks: found.remark === undefined ? [] : [found.remark],
    env: { PG_CLIENT_DIR: found.folders, ...scratchEnvironment(place.cacheDir) },
  };
}

/** Where drills find their servers if nothing is configured: npm's, if it is installed, and what is made of Debian's packages. */
function scratchEnvironment(cacheDir: string): Record<string, string> {
  if (process.env.SCRATCH_POSTGRES_DIR) return {};
  return { SCRATCH_POSTGRES_DIR: embeddedScratchFolders(), SCRATCH_CACHE_DIR: cacheDir };
}
