import { day, machine } from '../../../../layers/words/instants.ts';
import { ago } from '../../../../layers/words/spans.ts';
import { label } from '../../../../layers/words/texts.ts';
import type { FailureList, StatusFacts } from '../judge/facts.ts';
import type { Level } from '../judge/level.ts';
import { EXTENTS, type Extent } from '../judge/limits.ts';
import type { Judged, Summary } from '../judge/summary.ts';
import { CalendarLabels } from './calendar.tsx';
import { Clusters } from './cluster.tsx';
import { Database } from './database.tsx';
import { DatabaseList } from './database-list.tsx';
import { Document } from './document.tsx';
import { Failures, Findings } from './notices.tsx';
import { LevelMark, Symbols } from './sign.tsx';

export interface PageProps {
  readonly facts: StatusFacts;
  readonly version: string;
  readonly now: Date;
}

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
    <Frame {...given} title={title} level={level} ofOne={false}>
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
    <Frame {...given} title={name} level={judged.standing.level} ofOne={true}>
      <h1 class="away">{name}</h1>
      <Database judged={judged} schedule={given.facts.schedule} extent={extent} now={given.now} linked={false} />
    </Frame>
  );
}

interface FrameProps extends PageProps {
  readonly title: string;
  readonly level: Level;
  /** Whether there is a page of all to go back to. */
  readonly ofOne: boolean;
  readonly children: preact.ComponentChildren;
}

/** What stands around either page. */
function Frame({ title, level, ofOne, facts, version, now, children }: FrameProps) {
  return (
    <Document title={title} icon={iconOf(level)}>
      <Symbols />
      <CalendarLabels now={now} />
      <header class="top">
        <p class="brand">{ofOne ? <a href="?">pgvouch</a> : 'pgvouch'}</p>
        <p>
          as of{' '}
          <time datetime={machine(facts.observedAt)}>
            {day(facts.observedAt, now)}, {facts.observedAt.toISOString().slice(11, 16)} UTC
          </time>
        </p>
      </header>
      <main>{children}</main>
      <footer>
        <p>{retentionWords(facts, now)}</p>
        <p>
          pgvouch {version}
          {ofOne && (
            <>
              {' '}
              · <a href="?">all databases</a>
            </>
          )}
        </p>
      </footer>
    </Document>
  );
}

/** What one sees within a second. */
function Overall({ summary: { level, title, lead, findings } }: { summary: Summary }) {
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

/** The state in the browser's tab. */
function iconOf(level: Level): string {
  const colour = { good: '1a7f4b', idle: '6b6b6b', attention: '9a6200', unknown: '9a6200', trouble: 'c22f26' }[level];
  const shape = level === 'trouble' ? "<path d='M8 1l8 14H0z' fill='%23" : "<circle cx='8' cy='8' r='7' fill='%23";
  return `data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'>${shape}${colour}'/></svg>`;
}
