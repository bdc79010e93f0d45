import { ago } from '../../../../layers/words/spans.ts';
import { label } from '../../../../layers/words/texts.ts';
import type { FailureList, StatusFacts } from '../judge/facts.ts';
import { EXTENTS, type Extent } from '../judge/limits.ts';
import type { Judged, Summary } from '../judge/summary.ts';
import { CalendarLabels } from './calendar.tsx';
import { Clusters } from './cluster.tsx';
import { Database } from './database.tsx';
import { DatabaseList } from './database-list.tsx';
import { Frame } from './frame.tsx';
import { Failures, Findings } from './notices.tsx';
import { Refreshes } from './refresh.tsx';
import { LevelMark } from './sign.tsx';

export interface PageProps {
  readonly facts: StatusFacts;
  readonly version: string;
  readonly now: Date;
}

/** What a page says first. */
export type Overview = Pick<Summary, 'level' | 'title' | 'lead' | 'findings'>;

interface OverviewProps extends PageProps {
  readonly summary: Summary;
  /** How much is shown of each database that has a section. */
  readonly extent: Extent;
  /** So many databases have a line in the list. */
  readonly lines: number;
  /** So many have a section. */
  readonly sections: number;
}

/** The page of all databases: how everything stands, then each of them, then what belongs to none. */
export function OverviewPage({ summary, extent, lines, sections, ...given }: OverviewProps) {
  const { facts, now } = given;
  const { schedule, strayFailures } = facts;
  const { title, level, databases } = summary;
  return (
    <Frame {...frameOf(given)} title={title} level={level} ofOne={false}>
      <CalendarLabels now={now} />
      <Overall summary={summary} />
      {lines > 0 && (databases.length > 1 || sections === 0) && (
        <DatabaseList databases={databases} lines={lines} sections={sections} schedule={schedule} now={now} />
      )}
      {databases.slice(0, sections).map((judged) => (
        <Database
          key={judged.facts.name}
          judged={judged}
          schedule={schedule}
          extent={extent}
          now={now}
          linked={databases.length > 1}
        />
      ))}
      <Clusters clusters={summary.clusters} now={now} />
      <Refreshes refreshes={facts.refreshes ?? []} now={now} />
      <NoDatabase failures={strayFailures} rows={EXTENTS[extent].failures} now={now} />
    </Frame>
  );
}

interface DatabasePageProps extends PageProps {
  readonly judged: Judged;
  readonly extent: Extent;
}

/** The page of one database. */
export function DatabasePage({ judged, extent, ...given }: DatabasePageProps) {
  const name = label(judged.facts.name);
  return (
    <Frame {...frameOf(given)} title={name} level={judged.standing.level} ofOne={true}>
      <CalendarLabels now={given.now} />
      <h1 class="away">{name}</h1>
      <Database judged={judged} schedule={given.facts.schedule} extent={extent} now={given.now} linked={false} />
    </Frame>
  );
}

function frameOf({ facts, version, now }: PageProps) {
  const { server, observedAt } = facts;
  return { server, observedAt, version, now, words: retentionWords(facts, now) };
}

/** What one sees within a second. */
export function Overall({ summary: { level, title, lead, findings } }: { summary: Overview }) {
  return (
    <div class={`overall ${level}`}>
      <h1>
        <LevelMark level={level} /> {title}
      </h1>
      {lead !== '' && <p>{lead}</p>}
      <Findings findings={findings} />
    </div>
  );
}

function NoDatabase({ failures, rows, now }: { failures: FailureList; rows: number; now: Date }) {
  if (failures.count === 0) return null;
  return (
    <section class="database" aria-labelledby="no-database">
      <h2 id="no-database">Of no database</h2>
      <div class="lists">
        <Failures {...failures} rows={rows} now={now} />
      </div>
    </section>
  );
}

function retentionWords({ retention: { lastRunAt, removes } }: StatusFacts, now: Date): string {
  const ran = lastRunAt === null ? 'Retention has not run yet.' : lastRunAt && `Retention ran ${ago(lastRunAt, now)}.`;
  const removal = removes === false ? 'The bucket’s lifecycle removes nothing by itself.' : '';
  return [ran, removal].filter(Boolean).join(' ');
}
