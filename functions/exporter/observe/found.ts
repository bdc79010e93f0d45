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
 * Those of another schedule are not before it. Empty where nothing is found: then nobody knows the order.
 */
export function dumpWaitsMs({ found, databases }: Pick<Observation, 'found' | 'databases'>): Map<string, number> {
  if (!found) return new Map();
  const states = new Map(databases.map((state) => [state.database, state]));
  const turns = found.databases.map(({ name }) => ({
    name,
    durationMs: states.get(name)?.newest?.manifest.durationMs ?? 0,
    schedule: JSON.stringify(states.get(name)?.due?.schedule),
  }));
  const schedules = new Set(turns.map(({ schedule }) => schedule));
  return new Map(
    [...schedules].flatMap((one) =>
      waits(
        turns.filter(({ schedule }) => schedule === one),
        found,
      ),
    ),
  );
}

function waits(
  turns: readonly { readonly name: string; readonly durationMs: number }[],
  { concurrency }: FoundDatabases,
): [string, number][] {
  const durations = turns.map(({ durationMs }) => durationMs);
  const ends = endsOf(durations, concurrency);
  return turns.map(({ name, durationMs }, index) => [name, (ends[index] ?? 0) - durationMs]);
}
