import { parseKey } from '../../layers/backup/keys.ts';
import type { DatabaseReport, Deletions, Totals } from '../../layers/backup/retention-report.ts';
import { parseSharedGlobalsKey } from '../../layers/backup/shared-globals-key.ts';
import { parseClusterKey } from '../../layers/wal/keys.ts';
import type { Decision, Removal } from './run.ts';
import { UNFINISHED_UPLOAD } from './sweep.ts';

/**
 * The running totals after a run: the previous ones and what this run gave up, tagged or deleted, each once.
 *
 * What was tagged stays until the lifecycle takes it, and every run until then gives it up again. So the keys that this
 * run tagged are remembered, and the next run does not count those.
 *
 * @param previous - the last report's; undefined begins at 0, which a counter may do
 */
export function addTotals(
  previous: Totals | undefined,
  {
    prefix,
    removal,
    databases,
    decisions,
  }: {
    readonly prefix: string;
    readonly removal: Removal;
    readonly databases: readonly DatabaseReport[];
    readonly decisions: readonly Decision[];
  },
): Totals {
  const counts = new Map<string | undefined, Counts>();
  for (const { database, ...deletions } of previous?.deletions ?? []) counts.set(database, deletions);
  const of = (database: string | undefined): Counts => {
    const found = counts.get(database) ?? { policy: 0, orphan: 0, unfinishedUpload: 0, leftover: 0, failureRecord: 0 };
    counts.set(database, found);
    return found;
  };
  for (const { database, removed } of databases) of(database).policy += removed;
  const countedBefore = new Set(previous?.tagged);
  const tagged: string[] = [];
  for (const { action, key, database, reasons } of decisions) {
    if (action !== 'sweep' || key === undefined) continue;
    const reason = reasons.includes(UNFINISHED_UPLOAD) ? 'unfinishedUpload' : reasonOf(prefix, key);
    if (removal === 'tag' && reason !== 'unfinishedUpload') tagged.push(key);
    if (!countedBefore.has(key)) of(database)[reason]++;
  }
  const deletions = [...counts].map(([database, those]) => ({ ...(database !== undefined && { database }), ...those }));
  return { deletions, tagged };
}

type Counts = { -readonly [K in keyof Omit<Deletions, 'database'>]: Deletions[K] };

function reasonOf(prefix: string, key: string): 'orphan' | 'leftover' | 'failureRecord' {
  if (parseSharedGlobalsKey(prefix, key) !== undefined) return 'orphan';
  const kind = (parseKey(prefix, key) ?? parseClusterKey(prefix, key))?.kind;
  if (kind === 'failure') return 'failureRecord';
  return kind === 'archive' || kind === 'globals' || kind === 'base-file' ? 'orphan' : 'leftover';
}
