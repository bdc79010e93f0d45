import type { StatusFacts } from '../judge/facts.ts';
import { ROOM } from '../judge/limits.ts';
import { type JudgedServer, summaryOfServers } from '../judge/servers-summary.ts';
import { DatabaseLine } from './database-list.tsx';
import { Frame } from './frame.tsx';
import { Overall } from './page.tsx';
import { countFitting, renderPage, type StatusPage } from './render-page.tsx';
import { Server } from './servers.tsx';

/**
 * The page of several servers: how all of them stand, then each with its databases. Like every page it stays under 100 kB:
 * of many databases it shows the worst.
 *
 * @param all - each with its server's name
 * @param now - ages are measured against it
 */
export function renderServers(
  all: readonly StatusFacts[],
  { version }: { readonly version: string },
  now: Date,
): StatusPage {
  const { servers, ...summary } = summaryOfServers(all, now);
  const observedAt = new Date(Math.min(...all.map((facts) => facts.observedAt.getTime())));
  const roomBytes = ROOM.pageBytes / 2 / servers.length;
  const linesOf = ({ summary: { databases } }: JudgedServer) =>
    countFitting(databases, (judged) => <DatabaseLine judged={judged} hasSection={false} now={now} />, roomBytes);
  const section = (judged: JudgedServer) => (
    <Server key={judged.facts.server} judged={judged} lines={linesOf(judged)} now={now} />
  );
  const shown = countFitting(servers, section, ROOM.pageBytes - FRAME_BYTES);
  return renderPage(
    <Frame {...{ ...summary, observedAt, version, now }} ofOne={false} words="">
      <Overall summary={{ ...summary, findings: [] }} />
      {servers.slice(0, shown).map(section)}
      {servers.length > shown && <p class="rest">and {servers.length - shown} more, none in a worse state</p>}
    </Frame>,
  );
}

/** Of what stands around the servers, style sheet and symbols too, with room to spare. */
const FRAME_BYTES = 15_000;
