import type { Manifest } from './manifest.ts';

/** What tells a server from its clones, and from others; part of the manifest. */
export type ServerIdentity = Pick<
  Manifest['server'],
  'systemIdentifier' | 'standby' | 'name' | 'startedAt' | 'timeline' | 'walPosition'
>;

/** The part of it by which a person names a server. */
export type NamedServer = Pick<ServerIdentity, 'systemIdentifier'> & { readonly name: string };

/** A server as one of the backups shows it. */
export interface KnownServer {
  readonly server: ServerIdentity;
  readonly snapshotAt: string;
}

/**
 * Whether a server can be the one that a backup was taken from. Pure.
 *
 * The system identifier comes with the files, so a physical clone has the same. What it does not share is the start of
 * its process, its address, and from the copy on its history. A restart, an update, a failover behind one address, and
 * another address of the process that was dumped last are the same server. An identifier that may not be read equals
 * nothing: then the address, or the process itself, must be the same.
 *
 * @returns why it is another one, or might be, as the rest of a sentence; undefined if it is the same
 * @see https://www.postgresql.org/docs/current/protocol-replication.html, IDENTIFY_SYSTEM, and
 *   https://www.postgresql.org/docs/current/continuous-archiving.html#BACKUP-TIMELINES
 */
export function whyAnotherServer({ server: known, snapshotAt }: KnownServer, here: ServerIdentity): string | undefined {
  const bothKnown = known.systemIdentifier !== null && here.systemIdentifier !== null;
  if (bothKnown && known.systemIdentifier !== here.systemIdentifier) {
    return `they are of system identifier ${known.systemIdentifier}${at(known)}, and this server has ${here.systemIdentifier}${at(here)}`;
  }
  if (known.startedAt !== undefined && known.startedAt === here.startedAt) return undefined;
  if (known.name !== undefined && known.name !== here.name) {
    const which = bothKnown
      ? 'the system identifier is the same: this may be the same server at another address, a standby of it, or a clone'
      : 'the system identifier, which could tell more, may not be read';
    return `they are of ${known.name}, and this server is ${here.name}; ${which}`;
  }
  if (known.standby || here.standby) return undefined;
  return bothKnown ? whyOtherHistory(known, here, snapshotAt) : whyAtOnce(known, here, snapshotAt);
}

/**
 * The same of two dumps of one firing, of which only one may count: there, not knowing is not enough either. Manifests of
 * older versions say nothing but the identifier, which may be unknown.
 */
export function whyNotSurelySame(known: KnownServer, here: ServerIdentity): string | undefined {
  const why = whyAnotherServer(known, here);
  if (why !== undefined || known.server.name !== undefined) return why;
  if (known.server.systemIdentifier !== null && here.systemIdentifier !== null) return undefined;
  return 'neither its address nor its system identifier says that it is this one';
}

/** Names a server on a command line: `7431234567890123456@db.internal:5432`. */
export function printServer({ systemIdentifier, name }: NamedServer): string {
  return `${systemIdentifier ?? UNKNOWN}@${name}`;
}

/** Reads what {@link printServer} wrote; undefined for anything else. */
export function readServer(text: string): NamedServer | undefined {
  const [, system, name] = /^(\d{1,20}|unknown)@(.+)$/s.exec(text) ?? [];
  if (system === undefined || name === undefined) return undefined;
  return { systemIdentifier: system === UNKNOWN ? null : system, name };
}

const UNKNOWN = 'unknown';

/** Of two that write, under one name: a clone is recognised by what a server never does. */
function whyOtherHistory(known: ServerIdentity, here: ServerIdentity, snapshotAt: string): string | undefined {
  const { timeline: before, walPosition: positionBefore } = known;
  const { timeline: now, walPosition: positionNow } = here;
  if (before === undefined || now === undefined) return undefined;
  if (now < before) return `they have reached timeline ${before}, and this server is still on timeline ${now}`;
  if (positionBefore !== undefined && positionNow !== undefined && bytesOf(positionNow) < bytesOf(positionBefore)) {
    return `they have reached WAL position ${positionBefore}, and this server is at ${positionNow}: it is a clone, or was restored to an earlier time`;
  }
  return now === before ? whyAtOnce(known, here, snapshotAt) : undefined;
}

/** A server that was restarted since was not running then. */
function whyAtOnce(known: ServerIdentity, here: ServerIdentity, snapshotAt: string): string | undefined {
  if (known.startedAt === undefined || here.startedAt === undefined) return undefined;
  if (new Date(here.startedAt) > new Date(snapshotAt)) return undefined;
  return `this server was running when the newest was taken (it has been since ${here.startedAt}), and that was taken of another process`;
}

function at({ name }: ServerIdentity): string {
  return name === undefined ? '' : ` at ${name}`;
}

/** @see https://www.postgresql.org/docs/current/datatype-pg-lsn.html */
function bytesOf(walPosition: string): bigint {
  const [high = '0', low = '0'] = walPosition.split('/');
  return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`);
}
