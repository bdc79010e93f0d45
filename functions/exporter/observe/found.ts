import { endsOf } from '../../../layers/backup/dump-order.ts';
import type { FoundDatabases } from '../../../layers/backup/found-databases.ts';
import type { DatabaseState, Observation } from './observation.ts';

/** What finding adds to a state: since when the database has been there, or gone. */
export function foundFacts(
  found: FoundDatabases | null | undefined,
  database: string,
): Pick<DatabaseState, 'foundSince' | 'goneSince'> {
  const since = (list: FoundDatabases['gone'] = []) => list.find(({ name }) => name === database)?.since;
  const [foundSince, goneSince] = [since(found?.databases), since(found?.gone)];
  return {
    ...(foundSince !== undefined && { foundSince: new Date(foundSince) }),
    ...(goneSince !== undefined && { goneSince: new Date(goneSince) }),
  };
}

/**
 * How long after the firing each dump begins, as long as those before it take what they took last; by database. Pure.
 * Empty where nothing is found: then nobody knows the order.
 */
export function dumpWaitsMs({ found, databases }: Pick<Observation, 'found' | 'databases'>): Map<string, number> {
  if (!found) return new Map();
  const lastMs = new Map(databases.map(({ database, newest }) => [database, newest?.manifest.durationMs ?? 0]));
  const durations = found.databases.map(({ name }) => lastMs.get(name) ?? 0);
  const ends = endsOf(durations, found.concurrency);
  return new Map(found.databases.map(({ name }, index) => [name, (ends[index] ?? 0) - (durations[index] ?? 0)]));
}
