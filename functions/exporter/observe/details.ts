import type { Logger } from 'pino';
import { isUnderWay, type ListedObject, verdictObject } from '../../../layers/backup/catalog.ts';
import { parseDrillStand } from '../../../layers/backup/drill-progress.ts';
import { parseFailureRecord } from '../../../layers/backup/failure.ts';
import { mapBounded } from '../../../layers/backup/map-bounded.ts';
import { parseRetired } from '../../../layers/backup/retired.ts';
import type { Ask, Documents, Found } from './documents.ts';
import {
  type DatabaseDetails,
  type DatabaseState,
  type Details,
  isRetired,
  MOST_READ,
  type Observation,
} from './observation.ts';

const CONCURRENCY = 16;

/**
 * Reads the words of documents that are shown to people: so many of each database as {@link MOST_READ} says, each writing
 * of an object once.
 *
 * @param databases - whose; others are left out
 * @param signal - when it aborts, what is there by then is given
 */
export async function readDetails(
  { documents, log }: { readonly documents: Documents; readonly log: Logger },
  observation: Observation,
  databases: readonly string[],
  signal: AbortSignal,
): Promise<Details> {
  const miss = (error: unknown) => log.warn({ err: error }, 'a document could not be fetched');
  const ask: Ask = { signal, fail: miss, miss };
  const readAll = async <T>(objects: readonly ListedObject[], read: (object: ListedObject) => Promise<Found<T>>) => {
    const found = await mapBounded(objects, CONCURRENCY, async (object) => ({ object, value: await read(object) }));
    return found.flatMap(({ object, value }) => (isThere(value) ? [[object.key, value] as const] : []));
  };
  const failuresOf = async (objects: readonly ListedObject[]) => {
    const newest = objects.slice(0, MOST_READ.failures);
    return (await readAll(newest, (one) => documents.other(one, parseFailureRecord, ask))).map(([, record]) => record);
  };
  const detailsOf = async (state: DatabaseState): Promise<DatabaseDetails> => {
    const marked = (state.listed?.entries ?? []).filter(isRetired).slice(0, MOST_READ.marks);
    return {
      verdicts: new Map(await readAll(verdictsOf(state), (one) => documents.verdict(one, ask))),
      drills: new Map(await readAll(drillsOf(state), (one) => documents.other(one, parseDrillStand, ask))),
      marks: new Map(
        await readAll(
          marked.flatMap(({ retired }) => retired ?? []),
          (one) => documents.other(one, parseRetired, ask),
        ),
      ),
      failures: await failuresOf(state.listed?.failures ?? []),
    };
  };
  const states = observation.databases.filter(({ database }) => databases.includes(database));
  const [failures, ...details] = await Promise.all([
    failuresOf(observation.strays?.failures ?? []),
    ...states.map(async (state) => [state.database, await detailsOf(state)] as const),
  ]);
  return { databases: new Map(details), failures };
}

/** A restorable backup says all in its name; of the newest one people want to know how long its restore took. */
function verdictsOf({ listed, newestRestorable }: DatabaseState): ListedObject[] {
  const others = (listed?.entries ?? []).filter(({ verdict }) => verdict !== undefined && verdict !== 'restorable');
  return [...(newestRestorable ? [newestRestorable.entry] : []), ...others.slice(0, MOST_READ.verdicts)].flatMap(
    (entry) => verdictObject(entry) ?? [],
  );
}

function drillsOf({ listed }: DatabaseState): ListedObject[] {
  const underWay = (listed?.entries ?? []).filter(isUnderWay).slice(0, MOST_READ.drills);
  return underWay.flatMap(({ drill }) => drill ?? []);
}

function isThere<T>(value: Found<T>): value is T {
  return value !== null && value !== undefined && value !== 'unreadable';
}
