import type { ConfigError } from '../backup/errors.ts';
import { CONNECTION_PARAMETERS } from './connection-parameters.ts';

/** What a connection URL says. */
export interface UrlParts {
  /** As pgvouch's variables; an empty one is not said. */
  readonly variables: Readonly<Record<string, string>>;
  /** Empty where the URL names none. */
  readonly database: string;
}

/** Those of libpq's URLs that our configuration shares, and one of its own. */
export const URL_PARAMETERS: Readonly<Record<string, string>> = { ...CONNECTION_PARAMETERS, pooler: 'POSTGRES_POOLER' };

/** Scheme, user with password, hosts with ports, database, parameters. */
const FORM = /^postgres(?:ql)?:\/\/(?:([^/?#]*)@)?([^/?#@]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/;

/**
 * Pure: reads `postgres://user:password@host:5432/database?sslmode=require`, with several hosts as libpq has them:
 * `host1:5432,host2:5433`. A socket's folder goes into `host=`, or percent-encoded in the host's place.
 *
 * @param refuse - makes the error of a problem. No problem repeats what the URL holds
 * @see https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS
 */
export function readUrl(text: string, refuse: (problem: string) => ConfigError): UrlParts {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) throw refuse('it is not a URL');
  if (!/^postgres(ql)?:/.test(text)) throw refuse('it does not begin with postgres://');
  const [whole, login = '', hosts = '', database = '', query = ''] = FORM.exec(text) ?? [];
  if (whole === undefined) throw refuse('it is not a URL: the characters / ? # and @ of a part are percent-encoded');
  const parameters = query === '' ? [] : query.split('&').map((one) => cut(one, '='));
  const unknown = parameters.find(([key]) => !(key in URL_PARAMETERS))?.[0];
  if (unknown !== undefined) {
    throw refuse(
      `its parameter ${/^\w{1,40}$/.test(unknown) ? unknown : '?'} is not one of ${Object.keys(URL_PARAMETERS).join(', ')}`,
    );
  }
  const decoded = (part: string) => {
    try {
      return decodeURIComponent(part);
    } catch {
      throw refuse(
        'it has a % that is not followed by the two hexadecimal digits of a character: write % itself as %25',
      );
    }
  };
  const [user, password] = cut(login, ':');
  const places = hosts.split(',').map(readPlace);
  if (places.includes(undefined)) throw refuse('one of its hosts is not written as host:port');
  const ports = places.map((place) => place?.port ?? '');
  const variables: Record<string, string> = {
    POSTGRES_HOST: places.map((place) => decoded(place?.host ?? '')).join(','),
    POSTGRES_PORT: ports.every((port) => port === '') ? '' : ports.map((port) => port || '5432').join(','),
    POSTGRES_USER: decoded(user),
    POSTGRES_PASSWORD: decoded(password),
  };
  for (const [key, value] of parameters) variables[URL_PARAMETERS[key] ?? ''] = decoded(value);
  return { variables, database: decoded(database) };
}

/** An IPv6 address stands in brackets in URLs, and nowhere else. */
function readPlace(place: string): { readonly host: string; readonly port: string } | undefined {
  const read = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\d*))?$/.exec(place);
  return read ? { host: read[1] ?? read[2] ?? '', port: read[3] ?? '' } : undefined;
}

/** Before and after the first mark; all of it and nothing where there is none. */
function cut(text: string, mark: string): readonly [string, string] {
  const at = text.indexOf(mark);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + mark.length)];
}
