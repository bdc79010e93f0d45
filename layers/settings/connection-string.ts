import type { ConfigError } from '../backup/errors.ts';
import { CONNECTION_PARAMETERS } from './connection-parameters.ts';

/** What a connection string says. */
export interface ConnectionParts {
  /** As pgvouch's variables; an empty one is not said. */
  readonly variables: Readonly<Record<string, string>>;
  /** Empty where it names none. */
  readonly database: string;
}

/** Those of libpq's that our configuration shares, and one of its own. */
export const STRING_PARAMETERS: Readonly<Record<string, string>> = {
  ...CONNECTION_PARAMETERS,
  pooler: 'POSTGRES_POOLER',
};

/** Makes the error of a problem. No problem repeats what the string holds. */
type Refuse = (problem: string) => ConfigError;

type Words = readonly (readonly [keyword: string, value: string])[];

/**
 * Pure: reads a connection string in either of libpq's forms: `postgres://user:password@host:5432/database?sslmode=require`,
 * or `host=… user=… dbname=…`. Of a keyword that stands there several times the last one counts.
 *
 * @see https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING
 */
export function readConnectionString(text: string, refuse: Refuse): ConnectionParts {
  const words = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? wordsOfUrl(text, refuse) : wordsOfPairs(text, refuse);
  const unknown = words.find(([word]) => word !== 'dbname' && !Object.hasOwn(STRING_PARAMETERS, word))?.[0];
  if (unknown !== undefined) {
    const known = ['dbname', ...Object.keys(STRING_PARAMETERS)].join(', ');
    throw refuse(`its parameter ${/^\w{1,40}$/.test(unknown) ? unknown : '?'} is not one of ${known}`);
  }
  const { dbname: database = '', ...said } = Object.fromEntries(words);
  const variables = Object.entries(said).map(([word, value]) => [STRING_PARAMETERS[word], value]);
  return { variables: Object.fromEntries(variables), database };
}

/** Scheme, user with password, hosts with ports, database, parameters. */
const FORM = /^postgres(?:ql)?:\/\/(?:([^/?#]*)@)?([^/?#@]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/;

/**
 * Several hosts stand there as `host1:5432,host2:5433`. A socket's folder goes into `host=`, or percent-encoded in the
 * host's place.
 */
function wordsOfUrl(text: string, refuse: Refuse): Words {
  if (!/^postgres(ql)?:/.test(text)) throw refuse('it does not begin with postgres://');
  const [whole, login = '', hosts = '', database = '', query = ''] = FORM.exec(text) ?? [];
  if (whole === undefined) throw refuse('it is not a URL: the characters / ? # and @ of a part are percent-encoded');
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
  const parameters = query === '' ? [] : query.split('&').map((one) => cut(one, '='));
  return [
    ['host', places.map((place) => decoded(place?.host ?? '')).join(',')],
    ['port', ports.every((port) => port === '') ? '' : ports.map((port) => port || '5432').join(',')],
    ['user', decoded(user)],
    ['password', decoded(password)],
    ['dbname', decoded(database)],
    ...parameters.map(([word, value]) => [word, decoded(value)] as const),
  ];
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

/** A keyword, and its value with or without quotes. A backslash stands before a quote, a backslash or a space of a value. */
const PAIR = /\s*([^\s=]+)\s*=\s*(?:'((?:\\.|[^'\\])*)'|((?:\\.|[^\s'\\])(?:\\.|[^\s\\])*)?(?=\s|$))/suy;

/** @see conninfo_parse in PostgreSQL's fe-connect.c, the source of what the page does not say */
function wordsOfPairs(text: string, refuse: Refuse): Words {
  const words: [string, string][] = [];
  if (!text.includes('=')) throw refuse('it is neither a URL nor pairs like host=db.example.com user=backup');
  for (let at = 0; text.slice(at).trim() !== ''; at = PAIR.lastIndex) {
    PAIR.lastIndex = at;
    const [whole, word = '', quoted, bare = ''] = PAIR.exec(text) ?? [];
    if (whole === undefined) {
      throw refuse(
        `what stands behind ${words.at(-1)?.[0] ?? 'its beginning'} is not keyword=value: a value with spaces stands in single quotes, and \\ before ' and \\ in it`,
      );
    }
    words.push([word, (quoted ?? bare).replace(/\\(.)/gsu, '$1')]);
  }
  return words;
}
