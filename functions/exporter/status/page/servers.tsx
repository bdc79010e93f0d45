import { commandsFor } from '../../../../layers/words/commands.ts';
import { label } from '../../../../layers/words/texts.ts';
import type { JudgedServer } from '../judge/servers-summary.ts';
import { DatabaseLine } from './database-list.tsx';
import { serverAddress } from './links.ts';
import { Findings } from './notices.tsx';
import { LevelMark } from './sign.tsx';

interface ServerProps {
  readonly judged: JudgedServer;
  /** So many databases have a line. */
  readonly lines: number;
  readonly now: Date;
}

/** How one of several servers stands: its databases in a line each, and what belongs to none of them. */
export function Server({ judged: { facts, summary }, lines, now }: ServerProps) {
  const { server = '' } = facts;
  const heading = `server-${server}`;
  const findings = summary.findings.map((one) => ({ ...one, hint: one.hint && commandsFor(server, one.hint) }));
  const rest = summary.databases.length - lines;
  return (
    <section class={`database ${summary.level}`} aria-labelledby={heading}>
      <header>
        <h2 id={heading}>
          <LevelMark level={summary.level} />{' '}
          <a href={serverAddress(server)}>
            <bdi>{label(server)}</bdi>
          </a>
        </h2>
        <p class="headline">{summary.title}</p>
      </header>
      <Findings findings={findings} />
      {lines > 0 && (
        <ul class="rows">
          {summary.databases.slice(0, lines).map((one) => (
            <DatabaseLine key={one.facts.name} judged={one} hasSection={false} now={now} />
          ))}
        </ul>
      )}
      {rest > 0 && (
        <p class="rest">
          <a href={serverAddress(server)}>
            {lines > 0 ? `and ${rest} more, none in a worse state` : `${rest} databases`}
          </a>
        </p>
      )}
    </section>
  );
}
