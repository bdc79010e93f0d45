import { formatFiredAt } from '../../../../layers/backup/instant.ts';
import { count } from '../../../../layers/words/counts.ts';
import { machine, moment, stamp } from '../../../../layers/words/instants.ts';
import { ago, duration } from '../../../../layers/words/spans.ts';
import { label, shorten } from '../../../../layers/words/texts.ts';
import { levelOf } from '../judge/level.ts';
import { ROOM } from '../judge/limits.ts';
import type { RefreshFacts } from '../judge/refresh-facts.ts';
import { refreshFindings } from '../judge/refresh-findings.ts';
import { Figure } from './database.tsx';
import { LevelMark } from './sign.tsx';

/** The databases elsewhere: what is in each, and how its last refresh went. */
export function Refreshes({ refreshes, now }: { refreshes: readonly RefreshFacts[]; now: Date }) {
  return (
    <>
      {refreshes.slice(0, ROOM.refreshes).map((facts) => (
        <Refresh key={facts.name} facts={facts} now={now} />
      ))}
    </>
  );
}

function Refresh({ facts, now }: { facts: RefreshFacts; now: Date }) {
  const { name, database, from, current, nextAt } = facts;
  const level = facts.known ? levelOf([...refreshFindings(facts, now)], 'good') : 'unknown';
  const heading = `refresh-${name}`;
  return (
    <section class={`database ${level}`} aria-labelledby={heading}>
      <header>
        <h2 id={heading}>
          <LevelMark level={level} /> <bdi>{label(database)}</bdi>, refreshed from <bdi>{label(from)}</bdi>
        </h2>
        <p class="headline">{headline(facts, now)}</p>
      </header>
      <dl>
        {current && (
          <>
            <Figure term="Holds the backup">
              {label(from)}/{formatFiredAt(new Date(current.backup.firedAt))}
            </Figure>
            <Figure term="Data of">{timeOf(new Date(current.backup.snapshotAt))}</Figure>
            <Figure term="Replaced">
              {timeOf(new Date(current.switchedAt))}, after {duration(current.durationMs)}
            </Figure>
            <Figure term="Compared equal">
              {count(current.compared.tables, 'table')}, {count(current.compared.rows, 'row')}
            </Figure>
            <Figure term="Masked">{current.maskedBy === null ? 'no' : 'yes'}</Figure>
            {current.previous !== null && <Figure term="The one before">{label(current.previous)}</Figure>}
          </>
        )}
        {nextAt && <Figure term="Next refresh">{moment(nextAt, now)}</Figure>}
      </dl>
      {current && current.remarks.length > 0 && (
        <ul>
          {current.remarks.map((remark) => (
            <li key={remark}>{shorten(remark, ROOM.textLength)}</li>
          ))}
        </ul>
      )}
    </section>
  );
}

function headline({ known, last, underWaySince }: RefreshFacts, now: Date): string {
  const begun = underWaySince === undefined ? '' : ` One was begun ${ago(underWaySince, now)} and has not ended.`;
  if (!known) return 'How its last refresh went could not be read.';
  if (last === undefined) return `It was not refreshed yet.${begun}`;
  const when = ago(new Date(last.at), now);
  const words = {
    refreshed: `Refreshed ${when}.`,
    unchanged: `Looked at ${when}: the newest proved backup was there already.`,
    failed: `The last refresh failed ${when}. The database is as it was before.`,
  };
  return words[last.outcome] + begun;
}

function timeOf(at: Date) {
  return <time datetime={machine(at)}>{stamp(at)} UTC</time>;
}
