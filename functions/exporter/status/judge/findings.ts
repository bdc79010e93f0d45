import { count } from '../../../../layers/words/counts.ts';
import { moment, stamp } from '../../../../layers/words/instants.ts';
import { shellWord } from '../../../../layers/words/shell.ts';
import { ago } from '../../../../layers/words/spans.ts';
import { DUMP_PATIENCE_MS } from '../../observe/dump-due.ts';
import { clientFindings } from './client-findings.ts';
import type { DatabaseFacts, JudgedBackups } from './facts.ts';
import { failureFindings } from './failure-findings.ts';
import type { Finding } from './finding.ts';
import { latenessFindings } from './lateness.ts';
import { stockFindings } from './stock-findings.ts';
import { verdictFindings } from './verdict-findings.ts';

/**
 * Everything about one database that a person should know, in no order. Pure. How alarming it is follows from the listing
 * and the milestones: failure records, verdicts and marks add words, but may not have been read.
 */
export function* findingsOf(database: DatabaseFacts, backups: JudgedBackups, now: Date): Generator<Finding> {
  const { all, present } = backups;
  yield* clockFindings(backups);
  if (all.length === 0 && database.configured) yield neverBackedUp(database, now);
  yield* verdictFindings(database, backups, now);
  yield* latenessFindings(database, present, now);
  yield* failureFindings(database, present, now);
  yield* stockFindings(database);
  yield* clientFindings(database, now);
  yield* remarkFindings(database);
}

/** Whoever chose the role may know all of it: nothing that alarms. */
function* remarkFindings({ configured, newest }: DatabaseFacts): Generator<Finding> {
  if (!configured) return;
  for (const text of newest?.remarks ?? []) {
    yield { level: 'note', text, hint: 'docs/configuration.md, section What the role must be able to do, says more.' };
  }
}

function* clockFindings({ all, present }: JudgedBackups): Generator<Finding> {
  const [newest] = all;
  const ahead = all.length - present.length;
  if (newest === undefined || ahead === 0) return;
  yield {
    level: 'attention',
    text: `${count(ahead, 'backup')} ${ahead === 1 ? 'is' : 'are'} dated in the future, the newest ${stamp(newest.firedAt)} UTC.`,
    hint: 'A clock was wrong: that of the database server, of what fires the schedule, or of this machine. The other backups decide whether backups are late.',
  };
}

function neverBackedUp({ name, foundSince, waitMs, due }: DatabaseFacts, now: Date): Finding {
  const overdueAt = due?.overdueAt ?? (foundSince && new Date(foundSince.getTime() + DUMP_PATIENCE_MS + waitMs));
  if (foundSince && overdueAt && now < overdueAt) {
    const text = `It was found ${ago(foundSince, now)}, and is about to be backed up.`;
    return { level: 'attention', text, hint: undefined };
  }
  const nextAt = due?.nextAt;
  const first = nextAt === undefined ? '' : `The next run is due ${moment(nextAt, now)}, ${ago(nextAt, now)}; `;
  return {
    level: 'trouble',
    text: 'There is no backup of it.',
    hint: `${first}npx pgvouch dump --database ${shellWord(name)} takes one now.`,
  };
}
