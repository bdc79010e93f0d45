import type { Details, Observation } from '../observe/observation.ts';
import type { Observer } from '../observe/observer.ts';
import { statusFacts } from './judge/from-observation.ts';
import { ROOM } from './judge/limits.ts';
import { summaryOf } from './judge/summary.ts';
import { renderStatus, type StatusPage, type StatusRequest } from './page/render-status.tsx';

const NOTHING_READ: Details = { databases: new Map(), failures: [] };

/**
 * `GET /` → how everything stands, as a page for people; `GET /?database=shop` → more of one database. Never throws: a
 * vault that does not answer is a fact to show.
 *
 * @param signal - when it aborts, what is known by then is shown
 */
export async function answerStatus(
  observer: Observer,
  request: StatusRequest,
  now: Date,
  signal: AbortSignal,
): Promise<StatusPage> {
  const observation = await observer.observe(signal);
  const read = request.database === undefined ? mostPressing(observation, now) : [request.database];
  const details = await observer.details(observation, read, signal);
  return renderStatus(statusFacts(observation, details), request, now);
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
