import type { Observer } from '../observe/observer.ts';
import { renderStatus, type StatusPage, type StatusRequest } from './page/render-status.tsx';
import { readStand } from './read-stand.ts';

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
  const { facts } = await readStand(observer, request.database, now, signal);
  return renderStatus(facts, request, now);
}
