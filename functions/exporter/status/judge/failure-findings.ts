import { ago } from '../../../../layers/words/spans.ts';
import { label } from '../../../../layers/words/texts.ts';
import { LIMITS } from '../../prometheus/limits.ts';
import type { BackupFacts, DatabaseFacts, FailureFacts, FailureList } from './facts.ts';
import type { Finding } from './finding.ts';
import { isBad, newestGood } from './verdict-findings.ts';

/** The last failure, unless something good came after it; where nothing can, it is shown for a day. */
export function* failureFindings(
  { failures, configured }: DatabaseFacts,
  backups: readonly BackupFacts[],
  now: Date,
): Generator<Finding> {
  const { lastAt } = failures;
  if (lastAt === undefined) return;
  const goodAt = newestGood(backups)?.storedAt;
  const isOver = configured ? goodAt !== undefined && goodAt > lastAt : isOld(lastAt, now);
  const record = recordOf(failures);
  // A bad verdict is shown already, and verify throws it so that somebody hears of it.
  const isTold = record?.function === 'verify' && backups[0] !== undefined && isBad(backups[0]);
  if (isOver || isTold) return;
  const short = record === undefined ? 'failed' : `${label(record.function)} failed`;
  yield { level: 'trouble', short, ...failureWords(record, lastAt, now) };
}

/** The same of what belongs to no database. */
export function* strayFailureFindings(failures: FailureList, now: Date): Generator<Finding> {
  const { lastAt } = failures;
  if (lastAt === undefined || isOld(lastAt, now)) return;
  yield { level: 'attention', ...failureWords(recordOf(failures), lastAt, now) };
}

function failureWords(
  record: FailureFacts | undefined,
  at: Date,
  now: Date,
): Pick<Finding, 'text' | 'detail' | 'hint'> {
  if (record === undefined) {
    const hint = 'Its record was not read for this page: that of the database has more, and the bucket has all.';
    return { text: `A function failed ${ago(at, now)}.`, hint };
  }
  return {
    text: `${label(record.function)} failed ${ago(at, now)}.`,
    detail: record.problem,
    hint: record.hint,
  };
}

/** The last one's; it may be damaged, or not have been asked for. */
function recordOf({ lastAt, newest: [record] }: FailureList): FailureFacts | undefined {
  return record?.at.getTime() === lastAt?.getTime() ? record : undefined;
}

function isOld(at: Date, now: Date): boolean {
  return now.getTime() - at.getTime() > LIMITS.failureAgeMs;
}
