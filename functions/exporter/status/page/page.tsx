import { day, machine } from '../../../../layers/words/instants.ts';
import { ago } from '../../../../layers/words/spans.ts';
import { label } from '../../../../layers/words/texts.ts';
import type { StatusFacts } from '../judge/facts.ts';
import type { Level } from '../judge/level.ts';
import { EXTENTS, type Extent } from '../judge/limits.ts';
import type { Judged, Summary } from '../judge/summary.ts';
import { CalendarLabels } from './calendar.tsx';
import { Database } from './database.tsx';
import { DatabaseList } from './database-list.tsx';
import { Document } from './document.tsx';
import { Failures, Findings } from './notices.tsx';
import { LevelMark, Symbols } from './sign.tsx';

interface PageProps {
  readonly facts: StatusFacts;
  readonly version: string;
  readonly now: Date;
}

interface OverviewProps extends PageProps {
  readonly summary: Summary;
  /** How much is told of each database that has a section. */
  readonly extent: Extent;
  /** So many databases have a line in the list. */
  readonly lines: number;
  /** So many have a section. */
  readonly sections: number;
}

/** The page of all databases: how everything stands, then each of them, then what belongs to none. */
export function OverviewPage({ facts, summary, extent, lines, sections, version, now }: OverviewProps) {
  const { schedule, strayFailures } = facts;
  const { databases } = summary;
  return (
    <Frame title={summary.title} level={summary.level} brand="pgvouch" facts={facts} version={version} now={now}>
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
      <NoDatabase failures={strayFailures} rows={EXTENTS[extent].failures} now={now} />
    </Frame>
  );
}

interface DatabasePageProps extends PageProps {
  readonly judged: Judged;
  readonly extent: Extent;
}

/** The page of one database. */
export function DatabasePage({ facts, judged, extent, version, now }: DatabasePageProps) {
  const name = label(judged.facts.name);
  const all = <a href="?">all databases</a>;
  return (
    <Frame
      title={name}
      level={judged.standing.level}
      brand={<a href="?">pgvouch</a>}
      facts={facts}
      version={
        <>
          {version} · {all}
        </>
      }
      now={now}
    >
      <h1 class="away">{name}</h1>
      <Database judged={judged} schedule={facts.schedule} extent={extent} now={now} linked={false} />
    </Frame>
  );
}

interface FrameProps {
  readonly title: string;
  readonly level: Level;
  readonly brand: preact.ComponentChildren;
  readonly facts: StatusFacts;
  readonly version: preact.ComponentChildren;
  readonly now: Date;
  readonly children: preact.ComponentChildren;
}

/** What stands around either page. */
function Frame({ title, level, brand, facts, version, now, children }: FrameProps) {
  return (
    <Document title={title} icon={iconOf(level)}>
      <Symbols />
      <CalendarLabels now={now} />
      <header class="top">
        <p class="brand">{brand}</p>
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
        <p>pgvouch {version}</p>
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

interface NoDatabaseProps {
  readonly failures: StatusFacts['strayFailures'];
  readonly rows: number;
  readonly now: Date;
}

function NoDatabase({ failures, rows, now }: NoDatabaseProps) {
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
