import { ConfigError, DumpError, PgvouchError, splitHint, textOf } from '../../backup/errors.ts';
import { describeHosts, type Host, inOrder, type SessionState, type TargetSessionAttrs, whyNot } from './hosts.ts';

/**
 * The first host whose server gives the sessions that are looked for, as libpq chooses it. One that cannot be reached, or is
 * starting up, is passed over; one that refuses the login ends the search.
 *
 * @param ask - logs in to a host, and says what it finds
 * @throws {@link DumpError} saying of every host why it is not the one; what `ask` throws where that ends the search
 * @see https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-MULTIPLE-HOSTS
 * @see PQconnectPoll in PostgreSQL's fe-connect.c for the one refusal that is passed over
 */
export async function chooseHost(
  hosts: readonly Host[],
  attrs: TargetSessionAttrs,
  ask: (host: Host) => Promise<SessionState>,
): Promise<Host> {
  const reached: { readonly host: Host; readonly state: SessionState }[] = [];
  const reasons: string[] = [];
  const [first = 'any', ...others] = inOrder(attrs);
  for (const host of hosts) {
    try {
      const state = await ask(host);
      const reason = whyNot(first, state);
      if (reason === undefined) return host;
      reached.push({ host, state });
      reasons.push(`${describeHosts([host])}: ${reason}`);
    } catch (error) {
      if (!mayPassOver(error)) throw error;
      reasons.push(`${describeHosts([host])}: ${splitHint(textOf(error)).problem}`);
    }
  }
  const second = reached.find(({ state }) => others.some((attr) => whyNot(attr, state) === undefined));
  if (second) return second.host;
  throw new DumpError({
    operation: 'find a server at',
    subject: describeHosts(hosts),
    problem: reasons.join('; '),
    hint: `check that the servers are up, POSTGRES_HOST, and PGTARGETSESSIONATTRS=${attrs}`,
  });
}

/** 57P03: the server is starting, stopping or recovering. */
function mayPassOver(error: unknown): boolean {
  if (error instanceof ConfigError) return false;
  const { code } = ((error instanceof PgvouchError ? error.cause : error) ?? {}) as { code?: string };
  return code === '57P03' || !/^[0-9A-Z]{5}$/.test(code ?? '');
}
