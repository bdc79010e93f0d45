import { askedServer, type ShownServer } from '../observe/shown-server.ts';
import type { StatusPage } from './page/render-page.tsx';
import { renderNotFound } from './page/render-page.tsx';
import { renderServers } from './page/render-servers.tsx';
import { renderStatus, type StatusRequest } from './page/render-status.tsx';
import { readStand } from './read-stand.ts';

/**
 * `GET /` → how everything stands, as a page for people; `GET /?database=shop` → more of one database. Of several servers
 * `GET /` shows how each stands, and `GET /?server=main` and `GET /?server=main&database=shop` more of one. Never throws: a
 * vault that does not answer is a fact to show.
 *
 * @param signal - when it aborts, what is known by then is shown
 */
export async function answerStatus(
  servers: readonly ShownServer[],
  { server, ...request }: StatusRequest & { readonly server: string | undefined },
  now: Date,
  signal: AbortSignal,
): Promise<StatusPage> {
  const asked = askedServer(servers, server);
  if (asked === 'unknown') return renderNotFound('server');
  if (asked === 'unsaid') {
    const stands = servers.map(({ observer }) => readStand(observer, undefined, now, signal));
    return renderServers(
      (await Promise.all(stands)).map(({ facts }) => facts),
      request,
      now,
    );
  }
  const { facts } = await readStand(asked.observer, request.database, now, signal);
  return renderStatus(facts, request, now);
}
