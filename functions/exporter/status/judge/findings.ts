import { count } from '../../../../layers/words/counts.ts';
import { moment, stamp } from '../../../../layers/words/instants.ts';
import { shellWord } from '../../../../layers/words/shell.ts';
import { ago } from '../../../../layers/words/spans.ts';
import { clientFindings } from './client-findings.ts';
import type { BackupFacts, DatabaseFacts, ScheduleFacts, StatusFacts } from './facts.ts';
import { failureFindings } from './failure-findings.ts';
import type { Finding } from './finding.ts';
import { latenessFindings } from './lateness.ts';
import { presentOf } from './present.ts';
import { stockFindings } from './stock-findings.ts';
import { verdictFindings } from './verdict-findings.ts';

/**
 * Everything about one database that a person should know, in no order. Pure. How alarming it is follows from the listing
 * and the milestones: failure records, verdicts and marks add words, but may not have been read.
 */
export function* findingsOf(
  database: DatabaseFacts,
  all: readonly BackupFacts[],
  { schedule }: StatusFacts,
  now: Date,
): Generator<Finding> {
  const argument = shellWord(database.name);
  const backups = presentOf(all, now);
  yield* clockFindings(all, backups);
  if (all.length === 0 && database.configured) yield neverBackedUp(argument, schedule, now);
  yield* verdictFindings(database, all, now);
  yield* latenessFindings(database, backups, schedule, now);
  yield* failureFindings(database, backups, now);
  yield* stockFindings(database);
  yield* clientFindings(database, now);
}

function clockFindings(all: readonly BackupFacts[], present: readonly BackupFacts[]): Finding[] {
  const [newest] = all;
  const ahead = all.length - present.length;
  if (newest === undefined || ahead === 0) return [];
  return [
    {
      level: 'attention',
      text: `${count(ahead, 'backup')} ${ahead === 1 ? 'is' : 'are'} dated in the future, the newest ${stamp(newest.firedAt)} UTC.`,
      hint: 'A clock was wrong: that of the database server, of what fires the schedule, or of this machine. How late backups are goes by the others.',
    },
  ];
}

function neverBackedUp(argument: string, { nextAt }: ScheduleFacts, now: Date): Finding {
  const first = nextAt === undefined ? '' : ` The next run is due ${moment(nextAt, now)}, ${ago(nextAt, now)};`;
  return {
    level: 'trouble',
    text: 'There is no backup of it.',
    hint: `${first} npx pgvouch dump --database ${argument} takes one now.`.trim(),
  };
}
