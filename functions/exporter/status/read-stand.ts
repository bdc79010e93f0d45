import type { Details, Observation } from '../observe/observation.ts';
import type { Observer } from '../observe/observer.ts';
import type { StatusFacts } from './judge/facts.ts';
import { statusFacts } from './judge/from-observation.ts';
import { ROOM } from './judge/limits.ts';
import { summaryOf } from './judge/summary.ts';

const NOTHING_READ: Details = { databases: new Map(), failures: [] };

/** How everything stands, for people and programs. */
export interface ReadStand {
  readonly observation: Observation;
  readonly details: Details;
  readonly facts: StatusFacts;
}

/**
 * Looks at the vault, and reads the words of what is shown. Never throws: a vault that does not answer is a fact to show.
 *
 * @param database - whose documents are read; by default those of the databases that matter most
 * @param signal - ends the wait: the answer then has what is known so far
 */
export async function readStand(
  observer: Observer,
  database: string | undefined,
  now: Date,
  signal: AbortSignal,
): Promise<ReadStand> {
  const observation = await observer.observe(signal);
  const read = database === undefined ? mostPressing(observation, now) : [database];
  const details = await observer.details(observation, read, signal);
  return { observation, details, facts: statusFacts(observation, details) };
}

/**
 * The databases whose documents are read: all of them where there are few. Of many it is those that the page shows first;
 * how each stands follows from the listing, without a document.
 */
function mostPressing(observation: Observation, now: Date): string[] {
  const names = observation.databases.map(({ database }) => database);
  if (names.length <= ROOM.databasesRead) return names;
  const { databases } = summaryOf(statusFacts(observation, NOTHING_READ), now);
  return databases.slice(0, ROOM.databasesRead).map(({ facts }) => facts.name);
}
