import { type Entry, verdictObject } from './catalog.ts';
import { DAY_MS } from './instant.ts';
import { isGood, isWeaker, type Verdict } from './verdict.ts';

/**
 * The backups to prove again now: those whose proof is old, the oldest first. Pure. Bytes rot, and a restore that worked
 * may not work any more, while another copy may still be there.
 *
 * Each has its turn once in so many days, and as many are proved in a day as that takes: never all at once. What was
 * proved again in the last day counts, so runs may be as many as they like. Bad ones and retired ones are left out.
 *
 * @param days - how old a proof may become; 0 for as old as it likes
 */
export function dueAgain(entries: readonly Entry[], days: number, now: Date): Entry[] {
  if (days === 0) return [];
  const proved = entries.flatMap((entry) => {
    const { manifest, verdict, retired, kept } = entry;
    const provedAt = verdictObject(entry)?.modifiedAt;
    if (manifest === undefined || verdict === undefined || provedAt === undefined || !isGood(verdict)) return [];
    return retired !== undefined && kept === undefined ? [] : [{ entry, provedAt, madeAt: manifest.modifiedAt }];
  });
  const since = (at: Date) => now.getTime() - at.getTime();
  const budget = Math.ceil(proved.length / days);
  const done = entries.filter((entry) => {
    const last = verdictObject(entry)?.modifiedAt;
    if (last === undefined || entry.manifest === undefined || since(last) >= DAY_MS) return false;
    return last.getTime() - entry.manifest.modifiedAt.getTime() >= days * DAY_MS;
  });
  return proved
    .filter(({ provedAt }) => since(provedAt) >= days * DAY_MS)
    .sort((a, b) => a.provedAt.getTime() - b.provedAt.getTime())
    .slice(0, Math.max(0, budget - done.length))
    .map(({ entry }) => entry);
}

/**
 * What is written down after an old proof was looked at again. Pure. A bad verdict takes its place, and so does one that
 * is as good. One that is only weaker, as where there was no room for a restore today, is noted beside the proof.
 */
export function renewed(known: Verdict | undefined, found: Verdict): Verdict {
  if (known === undefined || !isWeaker(found.verdict, known.verdict)) return found;
  if (known.archiveKey !== found.archiveKey) return found;
  const { verifiedAt, verdict, reasons } = found;
  return { ...known, again: { verifiedAt, verdict, reasons } };
}
