import type { Details } from '../observe/observation.ts';
import type { Observer } from '../observe/observer.ts';
import { statusFacts } from './judge/from-observation.ts';
import { summaryOf } from './judge/summary.ts';
import { renderStatus, type StatusPage } from './page/render-status.tsx';

export interface StatusQuestion {
  /** Only this one; all of them by default. */
  readonly database: string | undefined;
  readonly version: string;
  readonly now: Date;
}

/** The documents of so many databases are read for one page: with more there is no room for what they say. */
const DATABASES_READ = 24;

const NOTHING_READ: Details = { databases: new Map(), failures: [] };

/**
 * `GET /` → how everything stands, as a page for people; `GET /?database=shop` → more of one database. Never throws: a
 * vault that does not answer is a fact to show.
 *
 * @param signal - when it aborts, what is known by then is shown
 */
export async function answerStatus(
  observer: Observer,
  { database, version, now }: StatusQuestion,
  signal: AbortSignal,
): Promise<StatusPage> {
  const observation = await observer.observe(signal);
  // How each stands is told without documents: their words are wanted most of those that the page tells of first.
  const { databases } = summaryOf(statusFacts(observation, NOTHING_READ), now);
  const names = databases.map(({ facts }) => facts.name);
  const wanted = database === undefined ? names.slice(0, DATABASES_READ) : names.filter((name) => name === database);
  const details = await observer.details(observation, wanted, signal);
  return renderStatus(statusFacts(observation, details), { database, version }, now);
}
