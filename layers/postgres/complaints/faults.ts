/** What pg_restore's first complaint comes to, or all of them. */
export type Fault =
  /** The disk or the memory of the scratch server is too small, and stays so. */
  | { readonly kind: 'shortage' }
  /** It was interrupted: another try may find nothing in its way. */
  | { readonly kind: 'passing' }
  /** The restored database lets nobody in: an event trigger on login refused pg_restore itself. */
  | { readonly kind: 'refused' }
  /** The scratch server lacks what the original one had; what it says, each once. */
  | {
      readonly kind: 'lacking';
      readonly what: readonly string[];
      /** What it does not understand, as it lacks repairs that the original server or pg_dump has. */
      readonly notUnderstood: readonly string[];
    }
  /** For all that we know it is the backup's fault. */
  | { readonly kind: 'failure' };

/**
 * Tells the backup's faults from those of the place where it was restored. Pure.
 *
 * @param complaints - of pg_restore: the first one, or all that it went on after
 * @param superuser - whether it could do everything; otherwise it may lack rights, too
 * @param lacksRepairs - whether the scratch server is older in its minor than what wrote the archive. Then words that it
 *   does not know say nothing about the backup; rows that it refuses still do
 */
export function judgeComplaints(complaints: readonly string[], { superuser = true, lacksRepairs = false } = {}): Fault {
  const said = complaints.map(partsOf);
  const client = said.flatMap((one) => (one.server === undefined ? [one.client] : []));
  const server = said.flatMap((one) => one.server ?? []);
  if (server.some((text) => TOO_SMALL.test(text)) || client.some((text) => CLIENT_TOO_SMALL.test(text))) {
    return { kind: 'shortage' };
  }
  if (server.some((text) => PASSING.test(text)) || client.some((text) => BROKEN.test(text))) return { kind: 'passing' };
  if (said.some((one) => REFUSED.test(one.client) && one.server !== undefined)) return { kind: 'refused' };
  const isLacking = (text: string) => LACKING.test(text) || (!superuser && RIGHTS.test(text));
  const isUnknown = (text: string) => lacksRepairs && !isLacking(text) && UNKNOWN.test(text);
  const what = firstLines(server.filter(isLacking));
  const notUnderstood = firstLines(server.filter(isUnknown));
  return what.length + notUnderstood.length > 0 ? { kind: 'lacking', what, notUnderstood } : { kind: 'failure' };
}

/** Whether what pg_restore complains of is a right that its role lacks. */
export function lacksRights(complaint: string): boolean {
  return RIGHTS.test(partsOf(complaint).server ?? '');
}

/** Each once. */
function firstLines(texts: readonly string[]): string[] {
  return [...new Set(texts.map((text) => text.replace(/\n.*/s, '')))];
}

/** `COPY failed for table "t": ERROR:  out of memory`: what pg_restore says, and what the server said to it. */
function partsOf(complaint: string): { client: string; server: string | undefined } {
  const [, client = '', server] = /^(.*?)(?:(?:ERROR|FATAL|PANIC): +(.*))?$/s.exec(complaint) ?? [];
  return { client, server };
}

// All of the server's words are anchored at their beginning: further on a row may stand, which may hold any words.
const FULL = 'No space left on device|Disk quota exceeded|File too large|Cannot allocate memory';
const TOO_SMALL = new RegExp(`^(out of (shared )?memory|could not resize shared memory|could not [^:]*: (${FULL}))`);
const CLIENT_TOO_SMALL = new RegExp(`(${FULL}|out of memory)$`);
const PASSING =
  /^(terminating connection|could not fork|the database system is|sorry, too many clients|too many connections|remaining connection slots|could not [^:]*: Too many open files)/;
const BROKEN =
  /server closed the connection unexpectedly|no connection to the server|worker process died unexpectedly|could not (send data to|receive data from) server|connection to server .* failed: /;
const REFUSED = /connection to server .* failed: +$/;
/** Locales; files of dictionaries, libraries of functions; what else was loaded; what the server was built without. */
const LACKING = new RegExp(
  [
    'could not create locale "[^"]*"|collation "pg_catalog\\.(?:[^"]|"")*" for encoding "[^"]*" does not exist',
    'could not open collator for locale "[^"]*"',
    'could not open [a-z-]+ file "[^"]*": No such file|could not (access|load) (file|library) "[^"]*"',
    'could not find function "(?:[^"]|"")*" in file "[^"]*"',
    'security label provider "(?:[^"]|"")*" is not loaded|unrecognized configuration parameter "[^"]*"',
    'compression method [a-z0-9]+ not supported|[^"\n]* not supported (by|in) this build',
    '[^\n]*\nDETAIL: +This functionality requires the server to be built with ',
  ]
    .map((one) => `^(${one})`)
    .join('|'),
);
/** Words that a server does not know: options, syntax, what newer system catalogs hold. */
const UNKNOWN =
  /^(unrecognized |syntax error |invalid value for |unsupported |([a-z]+ )*option "(?:[^"]|"")*" (is )?not recognized|[a-z ]+"?pg_catalog"?\.[^\n]* does not exist)/;
/** Rights; rows that are kept from their owner; roles, where those that policies name could not be made. */
const RIGHTS =
  /^(permission denied |must be |must have |only (superusers?|roles) |query would be affected by row-level security|role "(?:[^"]|"")*" does not exist)/i;
