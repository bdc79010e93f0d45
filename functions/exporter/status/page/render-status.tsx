import { createHash } from 'node:crypto';
import type { VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { visible } from '../../../../layers/words/texts.ts';
import { judgeDatabase } from '../judge/database-standing.ts';
import type { DatabaseFacts, StatusFacts } from '../judge/facts.ts';
import { type Extent, ROOM } from '../judge/limits.ts';
import { type Judged, summaryOf } from '../judge/summary.ts';
import { Database } from './database.tsx';
import { DatabaseLine } from './database-list.tsx';
import { Document } from './document.tsx';
import { DatabasePage, OverviewPage, type PageProps } from './page.tsx';
import { STYLE } from './style.ts';

export interface StatusRequest {
  /** Only this one, in more detail. */
  readonly database: string | undefined;
  readonly version: string;
}

export interface StatusPage {
  readonly statusCode: 200 | 404;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * The status page: one HTML document that needs nothing else, no script, and stays under 100 kB by telling less of each
 * database the more there are.
 *
 * @param now - ages are measured against it
 */
export function renderStatus(facts: StatusFacts, { database, version }: StatusRequest, now: Date): StatusPage {
  const given = { facts, version, now };
  if (database === undefined) return answer(200, overviewPage(given));
  const one = facts.databases.find(({ name }) => name === database);
  return one === undefined ? answer(404, <NotFound />) : answer(200, databasePage(given, one));
}

function databasePage(given: PageProps, facts: DatabaseFacts): VNode {
  const judged = { facts, standing: judgeDatabase(facts, given.facts, given.now) };
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

/** How many databases fit, from the first on. What comes after the first that does not is not rendered at all. */
function countFitting(databases: readonly Judged[], render: (judged: Judged) => VNode, roomBytes: number): number {
  let left = roomBytes;
  const tooMany = databases.findIndex((judged) => {
    left -= bytesOf(render(judged));
    return left < 0;
  });
  return tooMany < 0 ? databases.length : tooMany;
}

function bytesOf(node: VNode): number {
  return Buffer.byteLength(textOf(node));
}

function answer(statusCode: StatusPage['statusCode'], page: VNode): StatusPage {
  return { statusCode, headers: HEADERS, body: `<!doctype html>${textOf(page)}` };
}

/** Everything that is sent goes through here: nothing on it is invisible or turns the writing around, whoever wrote it. */
function textOf(node: VNode): string {
  return visible(renderToString(node));
}

function NotFound() {
  return (
    <Document title="Not found" icon="data:,">
      <main>
        <h1>No such database</h1>
        <p>
          It is not configured, and the bucket holds nothing of it. <a href="?">All databases</a>
        </p>
      </main>
    </Document>
  );
}

/**
 * The page is one document: no script, no frame, no form, nothing from elsewhere, and only the one style sheet that we
 * wrote.
 *
 * @see https://www.w3.org/TR/CSP3/
 */
const HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': [
    "default-src 'none'",
    `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};
