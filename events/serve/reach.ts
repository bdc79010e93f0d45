import { connect, type NetConnectOpts } from 'node:net';
import { textOf } from '../../layers/backup/errors.ts';

const PATIENCE_MS = 3_000;

/** Why nothing takes connections at any of these places; undefined if something does. Nothing is sent. */
export async function whyUnreachable(places: readonly NetConnectOpts[]): Promise<string | undefined> {
  const reasons = await Promise.all(places.map(whyNone));
  return reasons.includes(undefined) ? undefined : reasons.join('; ');
}

function whyNone(place: NetConnectOpts): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ ...place, timeout: PATIENCE_MS });
    const settle = (problem: string | undefined) => {
      socket.destroy();
      resolve(problem);
    };
    socket.once('connect', () => settle(undefined));
    socket.once('timeout', () => settle(`no answer within ${PATIENCE_MS / 1000} s`));
    socket.once('error', (error) => settle(textOf(error)));
  });
}
