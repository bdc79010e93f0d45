import { day, machine } from '../../../../layers/words/instants.ts';
import type { Level } from '../judge/level.ts';
import { Document } from './document.tsx';
import { serverAddress } from './links.ts';
import { Symbols } from './sign.tsx';

export interface FrameProps {
  readonly title: string;
  readonly level: Level;
  /** Of several servers, the one that the page is about. */
  readonly server?: string | undefined;
  /** Whether there is a page of all databases to go back to. */
  readonly ofOne: boolean;
  readonly observedAt: Date;
  readonly version: string;
  readonly now: Date;
  /** Sentences. */
  readonly words: string;
  readonly children: preact.ComponentChildren;
}

/** What stands around every page. */
export function Frame({ title, level, server, ofOne, observedAt, version, now, words, children }: FrameProps) {
  const all = server === undefined ? '?' : serverAddress(server);
  return (
    <Document title={server === undefined ? title : `${title} · ${server}`} icon={iconOf(level)}>
      <Symbols />
      <header class="top">
        <p class="brand">
          {ofOne || server !== undefined ? <a href="?">pgvouch</a> : 'pgvouch'}
          {server !== undefined && <> · {ofOne ? <a href={all}>{server}</a> : server}</>}
        </p>
        <p>
          as of{' '}
          <time datetime={machine(observedAt)}>
            {day(observedAt, now)}, {observedAt.toISOString().slice(11, 16)} UTC
          </time>
        </p>
      </header>
      <main>{children}</main>
      <footer>
        <p>{words}</p>
        <p>
          pgvouch {version}
          {ofOne && (
            <>
              {' '}
              · <a href={all}>all databases</a>
            </>
          )}
          {server !== undefined && (
            <>
              {' '}
              · <a href="?">all servers</a>
            </>
          )}
        </p>
      </footer>
    </Document>
  );
}

/** The state in the browser's tab. */
function iconOf(level: Level): string {
  const colour = { good: '1a7f4b', idle: '6b6b6b', attention: '9a6200', unknown: '9a6200', trouble: 'c22f26' }[level];
  const shape = level === 'trouble' ? "<path d='M8 1l8 14H0z' fill='%23" : "<circle cx='8' cy='8' r='7' fill='%23";
  return `data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'>${shape}${colour}'/></svg>`;
}
