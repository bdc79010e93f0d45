import * as z from 'zod';

export const remarkSchema = z.object({
  /** What is missing, in a few words that fit after "without"; absent for a mere warning. */
  lacks: z.string().optional(),
  /** One sentence. */
  text: z.string(),
});

/** Something about a backup that whoever counts on it should know. */
export type Remark = z.infer<typeof remarkSchema>;

/** So many are kept at most, and so much of each. */
const MOST_REMARKS = 20;
const LONGEST_TEXT = 400;

/**
 * Judges what pg_dump and pg_dumpall said although they succeeded. What says that something was left out is a loss, and
 * anything else a warning. Pure.
 *
 * @param said - their standard error, in English
 * @param known - what was found out beforehand, and in better words
 * @see src/bin/pg_dump/pg_dump.c, pg_log_warning
 */
export function judgeWarnings(said: string, known: readonly Remark[] = []): Remark[] {
  const found = [...new Set(warningsIn(said))].flatMap((warning): Remark[] => {
    if (SUBSCRIPTIONS.test(warning) && known.some(({ lacks }) => lacks?.includes('subscription'))) return [];
    if (OWN_CIRCLE.test(warning)) return [];
    const text = `${warning.length > LONGEST_TEXT ? `${warning.slice(0, LONGEST_TEXT)} …` : warning}.`;
    return [LOSS.test(warning) ? { lacks: 'what pg_dump left out', text } : { text }];
  });
  const more = found.length - MOST_REMARKS;
  return more > 0 ? [...found.slice(0, MOST_REMARKS), { text: `And ${more} more warnings.` }] : found;
}

/** What a backup lacks, each once and in a few words. */
export function lackedBy({ remarks = [] }: { readonly remarks?: readonly Remark[] | undefined }): string[] {
  return [...new Set(remarks.flatMap(({ lacks }) => lacks ?? []))];
}

const SUBSCRIPTIONS = /subscriptions not dumped/;
/** TimescaleDB's catalog has one. COPY checks the keys of its rows when all are there, so nothing keeps them from coming back. */
const OWN_CIRCLE = /circular foreign-key constraints on this table/;
const LOSS =
  /not (be )?dumped|will not be|could not|left out|ignor|skip|not supported|unsupported|unrecognized|bogus|orphaned|invalid grantor/i;

/** `pg_dump: warning: …` and the server's `WARNING:  …`, each with its details; hints and notices say nothing of a backup. */
function warningsIn(said: string): string[] {
  const warnings: string[] = [];
  let keeps = true;
  for (const line of said.split('\n').map((one) => one.trim())) {
    const [, kind = '', text = ''] = /^(?:pg_dump(?:all)?: )?(?:([A-Za-z]+): +)?(.*)$/.exec(line) ?? [];
    const label = kind.toLowerCase();
    if (text === '') continue;
    if (label === 'detail') {
      if (keeps) warnings.push(`${warnings.pop() ?? ''}: ${text}`);
    } else {
      keeps = !QUIET.includes(label);
      if (keeps) warnings.push(`${/^pg_dumpall\b/.exec(line) ?? 'pg_dump'} warned: ${text}`);
    }
  }
  return warnings.map((one) => one.replace(/[.:]+$/, ''));
}

const QUIET = ['hint', 'notice', 'info', 'log', 'debug', 'context', 'statement', 'location', 'query'];
