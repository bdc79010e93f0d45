import { createHash } from 'node:crypto';
import type { VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { visible } from '../../../../layers/words/texts.ts';
import type { StatusFacts } from '../judge/facts.ts';
import { type Judged, type Summary, summaryOf } from '../judge/summary.ts';
import { Page, type PageDetail } from './page.tsx';
import { withShortTexts } from './short-texts.ts';
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

/** Bytes. What is promised is 100 kB. */
const LARGEST_PAGE = 97_000;

/** From all that is told to what always fits, however many databases and backups there are. */
const DETAIL_LEVELS: readonly PageDetail[] = [
  { rows: 30, failures: 10, charts: true, sections: 60, databases: 400 },
  { rows: 12, failures: 5, charts: true, sections: 60, databases: 400 },
  { rows: 6, failures: 2, charts: true, sections: 60, databases: 400 },
  { rows: 3, failures: 1, charts: true, sections: 40, databases: 400 },
  { rows: 0, failures: 1, charts: true, sections: 60, databases: 400 },
  { rows: 0, failures: 1, charts: true, sections: 24, databases: 400 },
  { rows: 0, failures: 1, charts: true, sections: 10, databases: 400 },
  { rows: 0, failures: 1, charts: false, sections: 10, databases: 200 },
  { rows: 0, failures: 0, charts: false, sections: 3, databases: 100 },
  { rows: 0, failures: 0, charts: false, sections: 2, databases: 50 },
  // Even of names and texts of the greatest length that all grow when they are escaped.
  { rows: 0, failures: 0, charts: false, sections: 1, databases: 10 },
];

/**
 * The status page: one HTML document that needs nothing else, no script, and stays under 100 kB by telling less of each
 * database the more there are.
 *
 * @param now - ages are told against it
 */
export function renderStatus(given: StatusFacts, { database, version }: StatusRequest, now: Date): StatusPage {
  const facts = withShortTexts(given);
  const summary = summaryOf(facts, now);
  const shown =
    database === undefined ? summary.databases : summary.databases.filter((judged) => judged.facts.name === database);
  if (shown.length === 0 && database !== undefined) {
    return { statusCode: 404, headers: HEADERS, body: missing() };
  }
  return { statusCode: 200, headers: HEADERS, body: fitting({ facts, summary, shown, version, now }) };
}

interface Content {
  readonly facts: StatusFacts;
  readonly summary: Summary;
  readonly shown: readonly Judged[];
  readonly version: string;
  readonly now: Date;
}

function fitting(content: Content): string {
  let body = '';
  for (const detail of DETAIL_LEVELS.filter((one) => leastBytes(one, content.shown) <= LARGEST_PAGE)) {
    body = documentOf(<Page {...content} detail={detail} style={STYLE} />);
    if (Buffer.byteLength(body) <= LARGEST_PAGE) break;
  }
  return body;
}

/** Everything that is sent goes through here: nothing on it is invisible or turns the writing around, whoever wrote it. */
function documentOf(page: VNode): string {
  return `<!doctype html>${visible(renderToString(page))}`;
}

/** A page has at least so many bytes: what cannot fit need not be rendered to find out. */
function leastBytes({ rows, charts, sections }: PageDetail, shown: readonly Judged[]): number {
  const backups = shown.slice(0, sections).map(({ facts }) => facts.backups?.length ?? 0);
  return backups.reduce((sum, count) => sum + 500 + (charts && count > 0 ? 1_200 : 0) + 180 * Math.min(rows, count), 0);
}

function missing(): string {
  const page = (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Not found · pgvouch</title>
        <link rel="icon" href="data:," />
        <style dangerouslySetInnerHTML={{ __html: STYLE }} />
      </head>
      <body>
        <main>
          <h1>No such database</h1>
          <p>
            It is not configured, and the bucket holds nothing of it. <a href="?">All databases</a>
          </p>
        </main>
      </body>
    </html>
  );
  return documentOf(page);
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
