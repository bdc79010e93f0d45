import { FULL, type Meaning, RULES } from './rules.ts';

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
      /** What roles may not do there. */
      readonly rights: readonly string[];
      /** What it does not understand, as it is of another release than the original server or pg_dump. */
      readonly notUnderstood: readonly string[];
    }
  /** For all that we know it is the backup's fault. */
  | { readonly kind: 'failure' };

/**
 * Tells the backup's faults from those of the place where it was restored, by {@link RULES}. Pure.
 *
 * @param complaints - of pg_restore: the first one, or all that it went on after
 * @param lacksRights - whether the role that restores, or those that own what is restored, may do less than on the
 *   original server
 * @param otherRelease - whether the scratch server is of another release than what wrote the archive. Then words that it
 *   does not know say nothing about the backup; rows that it refuses still do
 */
export function judgeComplaints(
  complaints: readonly string[],
  { lacksRights = false, otherRelease = false } = {},
): Fault {
  const said = complaints.map(partsOf);
  const client = said.flatMap((one) => (one.server === undefined ? [one.client] : []));
  const judged = said.flatMap(({ server }) => (server === undefined ? [] : [{ server, means: meaningOf(server) }]));
  const saidOf = (meaning: Meaning) =>
    firstLines(judged.flatMap(({ server, means }) => (means === meaning ? [server] : [])));
  if (saidOf('shortage').length > 0 || client.some((text) => CLIENT_TOO_SMALL.test(text))) return { kind: 'shortage' };
  if (saidOf('passing').length > 0 || client.some((text) => BROKEN.test(text))) return { kind: 'passing' };
  if (said.some((one) => REFUSED.test(one.client) && one.server !== undefined)) return { kind: 'refused' };
  const what = [...saidOf('lacking'), ...firstLines(client.filter((text) => OTHER_LANGUAGE.test(text)))];
  const rights = lacksRights ? saidOf('rights') : [];
  const notUnderstood = otherRelease ? saidOf('release') : [];
  const isLacking = what.length + rights.length + notUnderstood.length > 0;
  return isLacking ? { kind: 'lacking', what, rights, notUnderstood } : { kind: 'failure' };
}

/** What the server's words mean, by the first rule that fits. */
export function meaningOf(server: string): Meaning {
  return RULES.find(({ says }) => says.test(server))?.means ?? 'backup';
}

/** Whether what pg_restore complains of is a right that its role lacks. */
export function lacksRights(complaint: string): boolean {
  return meaningOf(partsOf(complaint).server ?? '') === 'rights';
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

const CLIENT_TOO_SMALL = new RegExp(`(${FULL}|out of memory)$`);
const BROKEN =
  /server closed the connection unexpectedly|no connection to the server|worker process died unexpectedly|could not (send data to|receive data from) server|connection to server .* failed: /;
const REFUSED = /connection to server .* failed: +$/;
/** `FEHLER:  …`: words that nobody here understands say nothing about the backup. */
const OTHER_LANGUAGE = /^(could not execute query|COPY failed for table "[^\n]*"): \p{Lu}+: /u;
