import { HINTS, RECOVERY_CONFLICT_HINT, UNREADABLE_HINT } from '../connect/server-error.ts';

const LARGE_OBJECTS_HINT =
  'the role must be able to read every large object: GRANT SELECT ON LARGE OBJECT … TO it, or ALTER ROLE … SET lo_compat_privileges = on';

/** Settings of role or database that a program must not have are overridden by its connection's options. */
const OPTIONS_HINT =
  'the role or the database has settings that a dump must override, and the pooler between refuses that: ALTER ROLE … RESET them for this role, or connect to the server itself';

/**
 * What a person can do about a PostgreSQL program that failed; undefined if nothing is known.
 *
 * @param stderr - the end of what it said
 */
export function programHint(signal: string | null, stderr: string): string | undefined {
  if (signal === 'SIGKILL')
    return 'out of memory? pg_dump needs about four times the size of the largest row; give the function more memory';
  if (/conflict with recovery/.test(stderr)) return RECOVERY_CONFLICT_HINT;
  if (/permission denied for large object/.test(stderr)) return LARGE_OBJECTS_HINT;
  if (/permission denied/.test(stderr)) return UNREADABLE_HINT;
  if (/unsupported startup parameter/.test(stderr)) return OPTIONS_HINT;
  if (/out of shared memory/.test(stderr)) return HINTS['53200'];
  if (/too many (clients|connections)|remaining connection slots/.test(stderr)) return HINTS['53300'];
  if (/closed the connection|terminating connection|could not receive/.test(stderr)) {
    return 'the server closed the connection: it restarted, the session was ended, the network failed, or something in between (a firewall, NAT, a load balancer or a proxy) drops idle connections';
  }
  if (/lock timeout|IN ACCESS SHARE MODE/.test(stderr))
    return 'another session holds a conflicting lock (DDL): see pg_locks';
  if (/row-level security/.test(stderr)) return 'the role must see all rows: ALTER ROLE … BYPASSRLS, or use the owner';
  return undefined;
}

/**
 * What a person can do about a restore that failed; undefined if nothing is known.
 *
 * @param versions - of the server that the backup is of, and of the one that it is restored onto
 */
export function restoreHint(
  problem: string,
  versions: { readonly from: string; readonly to: string },
): string | undefined {
  if (/role ".*" does not exist/.test(problem)) {
    return 'restore the roles first with --globals, or leave them out with --no-owner --no-privileges';
  }
  if (/must be (able to SET ROLE|member of role)/.test(problem)) {
    return 'use --no-owner --no-privileges, or restore as a superuser';
  }
  if (/can only create extension in database/.test(problem)) return EXTENSION_ELSEWHERE;
  if (LOADED_THROUGH_ROOT.test(problem)) return ALL_PARTITIONS;
  const lost = lostPath(problem);
  if (lost !== undefined) return lost;
  if (/tablespace ".*" does not exist/.test(problem)) return 'use --no-tablespaces to restore without it';
  if (/extension ".*" is not available|extension control file/.test(problem)) {
    return "install the extension's files on the server first";
  }
  if (/out of shared memory|max_locks_per_transaction/.test(problem)) {
    return 'raise max_locks_per_transaction, or use --jobs 2, which does not need a single transaction';
  }
  if (/other objects depend on it/.test(problem)) {
    return 'restore into a new database with --create; then swap the names, or copy the rows over';
  }
  if (/already exists/.test(problem)) return 'something of that name is in the way';
  if (Number.parseInt(versions.to, 10) < Number.parseInt(versions.from, 10)) {
    return `the backup is from PostgreSQL ${versions.from}, but the server is ${versions.to}: it may lack features that the backup uses`;
  }
  return undefined;
}

/** @see src/bin/pg_dump/pg_dump.c, dumpTableData: partitions by the hash of an enum are loaded through their root */
const LOADED_THROUGH_ROOT =
  /no partition of relation .* found for row|relation .* does not exist\b.*Command was: COPY /s;
const ALL_PARTITIONS =
  "the rows of these partitions are loaded through their partitioned table, since an enum's hash differs from server to server: restore all of its partitions at once, as in --table 'payment_*' --complete";

const EXTENSION_ELSEWHERE =
  'this extension lives in one database of a server: leave it out here, and restore what uses it there';

/**
 * What to do where a function does not find what it names: a restore empties search_path, and so does every REFRESH,
 * index build and generated column on newer servers.
 *
 * @see https://www.postgresql.org/docs/current/release-10-3.html, CVE-2018-1058
 */
export function lostPath(problem: string): string | undefined {
  const [, name] =
    / does not exist\b.*?^CONTEXT: +(?:[^\n]*? )?function "?([^\s"(]+(?:\([^\n)]*\))?)"?/ms.exec(problem) ?? [];
  if (name === undefined) return undefined;
  return `the function ${name} relies on search_path, which is empty in a restore: ALTER FUNCTION ${name} SET search_path = … in the original database, and back it up again; --accept unrestorable restores the rest`;
}
