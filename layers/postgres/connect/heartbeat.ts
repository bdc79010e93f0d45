import type pg from 'pg';

/** How often a connection that waits says something, and how long it waits for the answer. */
export interface Heartbeat {
  readonly everyMs: number;
  readonly answerMs: number;
}

/** HAProxy's examples drop a connection after ten seconds of silence, AWS's load balancers after 350. */
export const HEARTBEAT: Heartbeat = { everyMs: 5_000, answerMs: 20_000 };

/** After so much silence TCP itself asks whether the peer is still there. */
export const TCP_KEEPALIVE_MS = 30_000;

/** libpq's parameters for the same, in seconds; it has no environment variables for them. */
export const LIBPQ_KEEPALIVES = 'keepalives_idle=30 keepalives_interval=10 keepalives_count=3';

/** What a connection is given up with that does not answer. */
class SilentConnection extends Error {
  readonly code = 'ESILENT';
}

/**
 * Lets a connection that waits say something now and then, until it ends: firewalls, NAT, load balancers and proxies
 * drop those that are silent, often without telling either side. One that does not answer is given up: its `error`
 * event tells.
 *
 * What it says is the empty query. Unlike `SELECT 1` it takes no snapshot, it is answered in a failed transaction too, and
 * no log of slow statements has it. While a query is under way nothing is said: the server would not read it.
 *
 * @see https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SIMPLE-QUERY for EmptyQueryResponse
 */
export function keepAlive(client: pg.Client, { everyMs, answerMs }: Heartbeat): void {
  let timer: NodeJS.Timeout;
  const beat = async () => {
    if (isIdle(client)) {
      const silence = new SilentConnection(`the server did not answer for ${answerMs / 1000} s`);
      const patience = setTimeout(() => client.connection.stream.destroy(silence), answerMs);
      // Why a connection is lost, its error event tells.
      await client.query('').catch(() => {});
      clearTimeout(patience);
    }
    timer = setTimeout(beat, everyMs).unref();
    if (ended) clearTimeout(timer);
  };
  let ended = false;
  timer = setTimeout(beat, everyMs).unref();
  client.once('end', () => {
    ended = true;
    clearTimeout(timer);
  });
}

/** node-postgres has it, but its types have not. */
function isIdle(client: pg.Client): boolean {
  return (client as pg.Client & { readyForQuery?: boolean | null }).readyForQuery === true;
}
