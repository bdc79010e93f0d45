import { encodeSegment } from '../../../../layers/backup/key-segment.ts';
import { count } from '../../../../layers/words/counts.ts';
import { day, machine, moment, stamp } from '../../../../layers/words/instants.ts';
import { bytes } from '../../../../layers/words/sizes.ts';
import { ago, duration } from '../../../../layers/words/spans.ts';
import { label, shorten, visible } from '../../../../layers/words/texts.ts';
import type { DatabaseFacts, ScheduleFacts } from '../judge/facts.ts';
import { EXTENTS, type Extent, ROOM } from '../judge/limits.ts';
import type { Judged } from '../judge/summary.ts';
import { BackupTable, RetiredTable } from './backup-tables.tsx';
import { Calendar } from './calendar.tsx';
import { addressOf, anchorOf } from './links.ts';
import { Failures, Findings } from './notices.tsx';
import { LevelMark } from './sign.tsx';
import { SizePlot } from './size-plot.tsx';

interface DatabaseProps {
  readonly judged: Judged;
  readonly schedule: ScheduleFacts;
  readonly extent: Extent;
  readonly now: Date;
  /** Whether a page of its own tells more. */
  readonly linked: boolean;
}

/** Everything about one database. */
export function Database({ judged: { facts, standing }, schedule, extent, now, linked }: DatabaseProps) {
  const { name, backups = [], failures } = facts;
  const { rows } = EXTENTS[extent];
  const heading = `name-${encodeSegment(name)}`;
  return (
    <section class={`database ${standing.level}`} id={anchorOf(name)} aria-labelledby={heading}>
      <header>
        <h2 id={heading}>
          <LevelMark level={standing.level} /> <bdi>{label(name)}</bdi>
        </h2>
        <p class="headline">{shorten(standing.headline, ROOM.textLength)}</p>
      </header>
      <Findings findings={standing.findings} />
      <Figures facts={facts} schedule={schedule} now={now} />
      {backups.length > 0 && (
        <div class="charts">
          <Calendar backups={backups} now={now} />
          <SizePlot backups={backups} now={now} />
        </div>
      )}
      <div class="lists">
        <BackupTable database={name} backups={backups} rows={rows} now={now} />
        <RetiredTable database={name} backups={backups} rows={rows} now={now} />
        <Failures {...failures} rows={EXTENTS[extent].failures} now={now} />
      </div>
      {linked && (
        <p class="rest">
          <a href={addressOf(facts)}>More of {label(name)}</a>
        </p>
      )}
    </section>
  );
}

function Figures({ facts, schedule, now }: { facts: DatabaseFacts; schedule: ScheduleFacts; now: Date }) {
  const { backups, newest, oldestRestorableAt, restoreMs, configured } = facts;
  const [last] = backups ?? [];
  const size = newest && `${bytes(newest.archiveSizeBytes)} of ${bytes(newest.databaseSizeBytes)}`;
  return (
    <dl>
      {last && (
        <Figure term="Newest data">
          <time datetime={machine(last.showsAt)}>{stamp(last.showsAt)} UTC</time>
        </Figure>
      )}
      {backups && (
        <Figure term="Can go back to">
          {oldestRestorableAt === undefined ? (
            'unknown'
          ) : oldestRestorableAt === null ? (
            'nothing restorable yet'
          ) : (
            <time datetime={machine(oldestRestorableAt)}>{day(oldestRestorableAt, now)}</time>
          )}
        </Figure>
      )}
      {configured && schedule.nextAt && (
        <Figure term="Next run">
          <time datetime={machine(schedule.nextAt)}>{moment(schedule.nextAt, now)}</time>, {ago(schedule.nextAt, now)}
        </Figure>
      )}
      {restoreMs !== undefined && <Figure term="A restore took">{duration(restoreMs)}</Figure>}
      {size && <Figure term="Archive, of database">{size}</Figure>}
      {newest && (
        <Figure term="Holds">
          {newest.rows === undefined || newest.tables === undefined
            ? 'sealed'
            : `${count(newest.rows, 'row')} in ${count(newest.tables, 'table')}`}
        </Figure>
      )}
      {newest?.leftOut !== undefined && (
        <Figure term="Partial">{shorten(visible(newest.leftOut), ROOM.textLength)}</Figure>
      )}
    </dl>
  );
}

export function Figure({ term, children }: { term: string; children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </div>
  );
}
