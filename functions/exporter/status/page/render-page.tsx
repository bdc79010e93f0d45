import { createHash } from 'node:crypto';
import type { VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { commandsFor } from '../../../../layers/words/commands.ts';
import { visible } from '../../../../layers/words/texts.ts';
import { Document } from './document.tsx';
import { STYLE } from './style.ts';

export interface StatusPage {
  readonly statusCode: 200 | 404;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A page as it is sent. @param server - of several, the one that its commands are about */
export function renderPage(page: VNode, server?: string): StatusPage {
  return answer(200, commandsFor(server, textOf(page)));
}

/** There is no such `database`, or no such `server`. */
export function renderNotFound(what: 'database' | 'server'): StatusPage {
  return answer(404, textOf(<NotFound what={what} />));
}

/** How much of a page something takes. */
export function bytesOf(node: VNode): number {
  return Buffer.byteLength(textOf(node));
}

/** How many fit, from the first on. What comes after the first that does not is not rendered at all. */
export function countFitting<T>(all: readonly T[], render: (one: T) => VNode, roomBytes: number): number {
  let left = roomBytes;
  const tooMany = all.findIndex((one) => {
    left -= bytesOf(render(one));
    return left < 0;
  });
  return tooMany < 0 ? all.length : tooMany;
}

function answer(statusCode: StatusPage['statusCode'], html: string): StatusPage {
  return { statusCode, headers: HEADERS, body: `<!doctype html>${html}` };
}

/** Everything that is sent goes through here: nothing on it is invisible or turns the writing around, whoever wrote it. */
function textOf(node: VNode): string {
  return visible(renderToString(node));
}

function NotFound({ what }: { what: 'database' | 'server' }) {
  return (
    <Document title="Not found" icon="data:,">
      <main>
        <h1>No such {what}</h1>
        <p>
          It is not configured{what === 'database' && ', and the bucket holds nothing of it'}.{' '}
          <a href="?">All {what}s</a>
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
