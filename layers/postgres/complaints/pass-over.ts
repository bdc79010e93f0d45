import { judgeComplaints, lacksRights } from './judge-complaints.ts';
import type { Complaint } from './listen.ts';
import { isExpectedOfOlderServers } from './older-server.ts';

/** What a restore did without, and why. */
export interface LeftOut extends Complaint {
  /** `COMMENT EXTENSION hstore` */
  readonly what: string;
  /** What the server said, its first line. */
  readonly why: string;
}

export interface Circumstances {
  readonly superuser: boolean;
  /** A person said that part of the backup will do. */
  readonly goOn: boolean;
  /** The server does not know `transaction_timeout`, which pg_restore sets. */
  readonly olderServer: boolean;
}

/**
 * Decides which of pg_restore's complaints a restore passes over, and keeps those that cost something. The rest ends it.
 *
 * Passed over are: what only a superuser may make, where the restoring role is none, and what follows from its absence; an
 * extension that cannot be created here, and its comment; a security label whose provider the server does not load; a constraint whose name is taken; a materialized view that cannot be filled, since nothing else waits for it; and
 * all that the server refuses, if the person goes on. Full disks, broken connections and missing roles end a restore.
 */
export function passOver(circumstances: Circumstances) {
  const leftOut: LeftOut[] = [];
  return {
    leftOut: leftOut as readonly LeftOut[],
    judge(complaint: Complaint): 'go-on' | 'stop' {
      if (circumstances.olderServer && isExpectedOfOlderServers(complaint)) return 'go-on';
      if (isOfExtensionLeftOut(complaint, leftOut)) return 'go-on';
      if (!mayPass(complaint, circumstances, leftOut.length > 0)) return 'stop';
      // It stays as it is, and CREATE EXTENSION IF NOT EXISTS is content with that.
      if (complaint.command?.startsWith('DROP EXTENSION ')) return 'go-on';
      leftOut.push({ ...complaint, what: whatOf(complaint), why: whyOf(complaint) });
      return 'go-on';
    },
  };
}

/** Nothing is lost with the comment of an extension that is not there. */
function isOfExtensionLeftOut({ command = '' }: Complaint, leftOut: readonly LeftOut[]): boolean {
  const [, name] = /^COMMENT ON EXTENSION ("(?:[^"]|"")+"|\S+) /.exec(command) ?? [];
  return (
    name !== undefined && leftOut.some((one) => `${one.command} `.startsWith(`CREATE EXTENSION IF NOT EXISTS ${name} `))
  );
}

function mayPass(complaint: Complaint, { superuser, goOn }: Circumstances, somethingLacks: boolean): boolean {
  const { said, command = '', entry } = complaint;
  const kind = judgeComplaints([said], { lacksRights: !superuser }).kind;
  if (kind === 'shortage' || kind === 'passing' || kind === 'refused') return false;
  if (goOn || /^(CREATE EXTENSION|REFRESH MATERIALIZED VIEW|SECURITY LABEL) /.test(command)) return true;
  if (entry?.what.startsWith('MATERIALIZED VIEW DATA ')) return true;
  if (ADDED.test(command) && /already exists\b/.test(said)) return true;
  // Roles and grants have options of their own: --globals, --no-owner, --no-privileges.
  if (superuser || OWNERSHIP.test(command)) return false;
  return somethingLacks || lacksRights(said) || ONLY_SUPERUSERS.test(command);
}

/** PostgreSQL 18 names NOT NULL constraints itself, perhaps as an older server named another one. */
const ADDED = /^ALTER TABLE .*\bADD CONSTRAINT /s;
const OWNERSHIP = /^(ALTER [^;]* OWNER TO |GRANT |REVOKE |SET SESSION AUTHORIZATION )/s;
/** By the statement, too: the server may speak any language. */
const ONLY_SUPERUSERS =
  /^(COMMENT ON (EXTENSION|EVENT TRIGGER) |CREATE (EVENT TRIGGER|SUBSCRIPTION|ACCESS METHOD|PUBLICATION|CAST|FOREIGN DATA WRAPPER|TEXT SEARCH TEMPLATE|OPERATOR (CLASS|FAMILY)) |CREATE (OR REPLACE )?(TRUSTED )?(PROCEDURAL )?LANGUAGE |ALTER (PUBLICATION|DEFAULT PRIVILEGES) )/;

const LONGEST = 200;

function whatOf({ entry, command }: Complaint): string {
  return (entry?.what ?? command ?? 'pg_restore').replace(/\s+/g, ' ').slice(0, LONGEST);
}

function whyOf({ said }: Complaint): string {
  const [line = ''] = said.split('\n');
  return line.replace(/^.*?(ERROR|FATAL): +/, '').slice(0, LONGEST);
}
