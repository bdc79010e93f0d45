import { day, machine, moment } from '../../../../layers/words/instants.ts';
import { ago } from '../../../../layers/words/spans.ts';
import { label } from '../../../../layers/words/texts.ts';
import type { StatusFacts } from '../judge/facts.ts';
import type { Judged, Summary } from '../judge/summary.ts';
import { CalendarLabels } from './calendar.tsx';
import { anchorOf, Database, type Detail } from './database.tsx';
import { Failures, Findings } from './notices.tsx';
import { LevelMark, Symbols } from './sign.tsx';

export interface PageProps {
  readonly facts: StatusFacts;
  readonly summary: Summary;
  /** All databases, or the one that was asked for. */
  readonly shown: readonly Judged[];
  readonly detail: PageDetail;
  readonly version: string;
  readonly style: string;
  readonly now: Date;
}

export interface PageDetail extends Detail {
  /** How many databases get a row, and how many a section of their own. */
  readonly databases: number;
  readonly sections: number;
}

/** The whole document. */
export function Page(props: PageProps) {
  const { facts, summary, shown, detail, version, style, now } = props;
  const one = shown.length === 1 && facts.databases.length > 1 ? shown[0] : undefined;
  const level = one?.standing.level ?? summary.level;
  const name = one && label(one.facts.name);
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{`${name ?? summary.title} · pgvouch`}</title>
        <link rel="icon" href={icon(level)} />
        <style dangerouslySetInnerHTML={{ __html: style }} />
      </head>
      <body>
        <Symbols />
        <CalendarLabels now={now} />
        <header class="top">
          <p class="brand">{one ? <a href="?">pgvouch</a> : 'pgvouch'}</p>
          <p>
            as of{' '}
            <time datetime={machine(facts.observedAt)}>
              {day(facts.observedAt, now)}, {facts.observedAt.toISOString().slice(11, 16)} UTC
            </time>
          </p>
        </header>
        <main>
          {one === undefined ? <Overall summary={summary} /> : <h1 class="away">{name}</h1>}
          {one === undefined && shown.length > 1 && <Rows {...props} />}
          {shown.slice(0, detail.sections).map((judged) => (
            <Database
              key={judged.facts.name}
              judged={judged}
              schedule={facts.schedule}
              detail={detail}
              now={now}
              linked={one === undefined && shown.length > 1}
            />
          ))}
          {one === undefined && <NoDatabase facts={facts} detail={detail} now={now} />}
        </main>
        <footer>
          <p>{retentionWords(facts, now)}</p>
          <p>
            pgvouch {version}
            {one && (
              <>
                {' '}
                · <a href="?">all databases</a>
              </>
            )}
          </p>
        </footer>
      </body>
    </html>
  );
}

/** What one sees within a second. */
function Overall({ summary: { level, title, lead, findings } }: { summary: Summary }) {
  return (
    <div class={`verdict ${level}`}>
      <h1>
        <LevelMark level={level} /> {title}
      </h1>
      {lead !== '' && <p>{lead}</p>}
      <Findings findings={findings} />
    </div>
  );
}

/** Each database in a line. */
function Rows({ shown, detail, facts, now }: PageProps) {
  const rest = shown.length - detail.databases;
  return (
    <nav aria-label="Databases">
      <ul class="rows">
        {shown.slice(0, detail.databases).map(({ facts: database, standing }, index) => (
          <li key={database.name} class={standing.level}>
            <LevelMark level={standing.level} />
            <a
              href={
                index < detail.sections
                  ? `#${anchorOf(database.name)}`
                  : `?database=${encodeURIComponent(database.name)}`
              }
            >
              <bdi>{label(database.name)}</bdi>
            </a>
            <span>{standing.headline}</span>
            <span class="back">
              {database.oldestRestorableAt && `back to ${day(database.oldestRestorableAt, now)}`}
            </span>
          </li>
        ))}
      </ul>
      {rest > 0 && (
        <p class="rest">
          and {rest.toLocaleString('en-US')} more, none in a worse state: <code>npx pgvouch list</code> has all backups.
        </p>
      )}
      {facts.schedule.nextAt && (
        <p class="rest">
          Next run {moment(facts.schedule.nextAt, now)}, {ago(facts.schedule.nextAt, now)}.
        </p>
      )}
    </nav>
  );
}

function NoDatabase({ facts: { strayFailures }, detail, now }: Pick<PageProps, 'facts' | 'detail' | 'now'>) {
  if (strayFailures.count === 0) return null;
  return (
    <section class="database" aria-labelledby="no-database">
      <h2 id="no-database">Of no database</h2>
      <div class="lists">
        <Failures {...strayFailures} rows={detail.failures} now={now} />
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
function icon(level: Judged['standing']['level']): string {
  const colour = { good: '1a7f4b', idle: '6b6b6b', attention: '9a6200', unknown: '9a6200', trouble: 'c22f26' }[level];
  const shape = level === 'trouble' ? "<path d='M8 1l8 14H0z' fill='%23" : "<circle cx='8' cy='8' r='7' fill='%23";
  return `data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'>${shape}${colour}'/></svg>`;
}
