import type { VNode } from 'preact';
import { judgeDatabase } from '../judge/database-standing.ts';
import type { DatabaseFacts, StatusFacts } from '../judge/facts.ts';
import { type Extent, ROOM } from '../judge/limits.ts';
import { type Judged, summaryOf } from '../judge/summary.ts';
import { Database } from './database.tsx';
import { DatabaseLine } from './database-list.tsx';
import { DatabasePage, OverviewPage, type PageProps } from './page.tsx';
import { bytesOf, countFitting, renderNotFound, renderPage, type StatusPage } from './render-page.tsx';

export interface StatusRequest {
  /** Only this one, in more detail. */
  readonly database: string | undefined;
  readonly version: string;
}

/**
 * The status page: one HTML document that needs nothing else, no script, and stays under 100 kB by telling less of each
 * database the more there are.
 *
 * @param now - ages are measured against it
 */
export function renderStatus(facts: StatusFacts, { database, version }: StatusRequest, now: Date): StatusPage {
  const given = { facts, version, now };
  if (database === undefined) return renderPage(overviewPage(given), facts.server);
  const one = facts.databases.find(({ name }) => name === database);
  return one === undefined ? renderNotFound('database') : renderPage(databasePage(given, one), facts.server);
}

function databasePage(given: PageProps, facts: DatabaseFacts): VNode {
  const judged = { facts, standing: judgeDatabase(facts, given.now) };
  const full = <DatabasePage {...given} judged={judged} extent="full" />;
  return bytesOf(full) <= ROOM.pageBytes ? full : <DatabasePage {...given} judged={judged} extent="short" />;
}

/** Each database in full, or else the newest of as many as there is room for. */
function overviewPage(given: PageProps): VNode {
  const { facts, now } = given;
  const summary = summaryOf(facts, now);
  const { databases } = summary;
  const line = (judged: Judged) => <DatabaseLine judged={judged} hasSection={false} now={now} />;
  const lines = countFitting(databases, line, ROOM.listBytes);
  const page = (extent: Extent, sections: number) => (
    <OverviewPage {...given} summary={summary} extent={extent} lines={lines} sections={sections} />
  );
  const countSections = (extent: Extent) => {
    // Its line is counted too: it leads to the section then, and may be longer for that.
    const section = (judged: Judged) => (
      <>
        <DatabaseLine judged={judged} hasSection={true} now={now} />
        <Database judged={judged} schedule={facts.schedule} extent={extent} now={now} linked={true} />
      </>
    );
    return countFitting(databases, section, ROOM.pageBytes - bytesOf(page(extent, 0)));
  };
  return countSections('full') === databases.length
    ? page('full', databases.length)
    : page('short', countSections('short'));
}
