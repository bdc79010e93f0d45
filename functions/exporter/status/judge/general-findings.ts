import { count } from '../../../../layers/words/counts.ts';
import { bytes } from '../../../../layers/words/sizes.ts';
import { ago, DAY_MS } from '../../../../layers/words/spans.ts';
import { LIMITS } from '../../prometheus/limits.ts';
import type { FailureList, RetentionFacts, StatusFacts } from './facts.ts';
import { strayFailureFindings } from './failure-findings.ts';
import type { Finding } from './finding.ts';
import { ROOM } from './limits.ts';
import { refreshFindings } from './refresh-findings.ts';
import { manyObjects } from './stock-findings.ts';

/** By then one that runs weekly has run, too. */
const RETENTION_PATIENCE_MS = 8 * DAY_MS;

/** What belongs to no database, or to all. Pure. */
export function* generalFindings(facts: StatusFacts, now: Date): Generator<Finding> {
  const { vaultUp, databases, retention, strayFailures, storage, refreshes = [] } = facts;
  if (!vaultUp && databases.some(({ backups }) => backups !== undefined)) {
    const text = 'The bucket did not answer every request. This page may be incomplete.';
    yield { level: 'attention', text, hint: undefined };
  }
  yield* retentionFindings(retention, facts, now);
  // What the refresh says of itself.
  const isTold = refreshes.some(
    ({ name, last }) => last?.outcome === 'failed' && isOf(strayFailures, `refresh ${name}`),
  );
  if (!isTold) yield* strayFailureFindings(strayFailures, now);
  for (const refresh of refreshes) yield* refreshFindings(refresh, now);
  if (facts.pitr && facts.clusters && !facts.clusters.some(({ configured }) => configured)) {
    const text = 'PITR is on, and the bucket holds no WAL of any server.';
    const hint = 'See what the wal function’s log says; npx pgvouch slot show says whether the server has the slot.';
    yield { level: 'trouble', text, hint };
  }
  if (storage.strayObjects > LIMITS.objects) {
    yield manyObjects(`${count(storage.strayObjects, 'object')} in the bucket belong to no database.`);
  }
  if (storage.objectSizeBytes > LIMITS.objectSizeBytes) {
    yield manyObjects(`All backups together take ${bytes(storage.objectSizeBytes)}.`);
  }
}

/** Whether the last one is this function's. */
function isOf({ lastAt, newest: [record] }: FailureList, name: string): boolean {
  return record?.function === name && record.at.getTime() === lastAt?.getTime();
}

function* retentionFindings(
  { lastRunAt, problems, removes }: RetentionFacts,
  { databases }: StatusFacts,
  now: Date,
): Generator<Finding> {
  const backups = databases.flatMap((database) => database.backups ?? []);
  const isOld = (at: Date) => now.getTime() - at.getTime() > RETENTION_PATIENCE_MS;
  const hint = 'See whether RETENTION_SCHEDULE fires and what the retention function’s log says.';
  if (lastRunAt && isOld(lastRunAt)) {
    yield { level: 'attention', text: `Retention last ran ${ago(lastRunAt, now)}.`, hint };
  }
  if (lastRunAt === null && backups.some(({ storedAt }) => isOld(storedAt))) {
    yield { level: 'attention', text: 'Retention never ran, and there are backups that are old.', hint };
  }
  // Only what is tagged waits for the lifecycle: with RETENTION_REMOVAL=direct nothing does.
  if (removes === false && backups.some(({ retirement }) => retirement?.going)) {
    yield {
      level: 'attention',
      text: 'Backups were given to the bucket’s lifecycle, which removes nothing.',
      hint: 'Add the lifecycle rule for the tag pgvouch=remove; if the bucket has no tag filters, set RETENTION_REMOVAL=direct.',
    };
  }
  for (const detail of problems.slice(0, ROOM.retentionProblems)) {
    yield { level: 'attention', text: 'Retention could not do everything.', detail, hint: undefined };
  }
}
