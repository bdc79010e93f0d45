import { figure } from '../../../../layers/words/counts.ts';
import { day, moment } from '../../../../layers/words/instants.ts';
import { ago } from '../../../../layers/words/spans.ts';
import { label, shorten } from '../../../../layers/words/texts.ts';
import type { ScheduleFacts } from '../judge/facts.ts';
import { ROOM } from '../judge/limits.ts';
import type { Judged } from '../judge/summary.ts';
import { addressOf, anchorOf } from './links.ts';
import { LevelMark } from './sign.tsx';

interface ListProps {
  readonly databases: readonly Judged[];
  /** So many have a line, and so many of those a section on the same page. */
  readonly lines: number;
  readonly sections: number;
  readonly schedule: ScheduleFacts;
  readonly now: Date;
}

/** Each database in a line. */
export function DatabaseList({ databases, lines, sections, schedule: { nextAt }, now }: ListProps) {
  const rest = databases.length - lines;
  return (
    <nav aria-label="Databases">
      <ul class="rows">
        {databases.slice(0, lines).map((judged, index) => (
          <DatabaseLine key={judged.facts.name} judged={judged} hasSection={index < sections} now={now} />
        ))}
      </ul>
      {rest > 0 && (
        <p class="rest">
          and {figure(rest)} more, none in a worse state: <code>npx pgvouch list</code> has all backups.
        </p>
      )}
      {nextAt && (
        <p class="rest">
          Next run {moment(nextAt, now)}, {ago(nextAt, now)}.
        </p>
      )}
    </nav>
  );
}

interface LineProps {
  readonly judged: Judged;
  readonly hasSection: boolean;
  readonly now: Date;
}

/** Leads to the section of a database, or else to its own page. */
export function DatabaseLine({ judged: { facts, standing }, hasSection, now }: LineProps) {
  const { name, oldestRestorableAt } = facts;
  return (
    <li class={standing.level}>
      <LevelMark level={standing.level} />
      <a href={hasSection ? `#${anchorOf(name)}` : addressOf(facts)}>
        <bdi>{label(name)}</bdi>
      </a>
      <span>{shorten(standing.headline, ROOM.textLength)}</span>
      <span class="back">{oldestRestorableAt && `back to ${day(oldestRestorableAt, now)}`}</span>
    </li>
  );
}
