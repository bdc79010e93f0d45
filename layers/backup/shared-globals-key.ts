import { formatFiredAt, parseFiredAt } from './instant.ts';

/** Globals that are dumped once for all databases of a server and firing: see docs/format.md. */
export interface SharedGlobalsName {
  /** Null where the role may not read it. */
  readonly systemIdentifier: string | null;
  readonly firedAt: Date;
  /** A hash of what globals are made of, such as roles. It changes whenever that does. */
  readonly state: string;
  /** Of their bytes. dump may not read them, and takes the hash for its manifest from here. */
  readonly sha256: string;
}

/** Where those of one server and firing are. No database's folder begins with a dot, so none is taken for one. */
export function sharedGlobalsFolder(
  prefix: string,
  { systemIdentifier, firedAt }: Pick<SharedGlobalsName, 'systemIdentifier' | 'firedAt'>,
): string {
  return `${prefix}.globals/${systemIdentifier ?? UNKNOWN}/${formatFiredAt(firedAt)}/`;
}

export function sharedGlobalsKey(prefix: string, name: SharedGlobalsName): string {
  return `${sharedGlobalsFolder(prefix, name)}globals-${name.state}-${name.sha256}.sql`;
}

/** Reads such a key; undefined for any other. */
export function parseSharedGlobalsKey(prefix: string, key: string): SharedGlobalsName | undefined {
  if (!key.startsWith(`${prefix}.globals/`)) return undefined;
  const [, server, fired = '', state = '', sha256 = ''] = SHAPE.exec(key.slice(prefix.length)) ?? [];
  const firedAt = parseFiredAt(fired);
  if (server === undefined || firedAt === undefined) return undefined;
  return { systemIdentifier: server === UNKNOWN ? null : server, firedAt, state, sha256 };
}

const UNKNOWN = 'unknown';
const SHAPE = /^\.globals\/(\d{1,20}|unknown)\/([^/]+)\/globals-([0-9a-f]{32})-([0-9a-f]{64})\.sql(?:\.age)?$/;
