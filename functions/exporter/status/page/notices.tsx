import { count } from '../../../../layers/words/counts.ts';
import { machine, stamp } from '../../../../layers/words/instants.ts';
import { ago } from '../../../../layers/words/spans.ts';
import { label, shorten } from '../../../../layers/words/texts.ts';
import type { FailureList } from '../judge/facts.ts';
import type { Finding } from '../judge/finding.ts';
import { ROOM } from '../judge/limits.ts';

/** What a person should know now, each with what can be done. */
export function Findings({ findings }: { findings: readonly Finding[] }) {
  if (findings.length === 0) return null;
  return (
    <ul class="findings">
      {findings.map(({ level, text, detail, hint }) => (
        <li key={text} class={level}>
          <p>
            <b>{short(text)}</b> {detail && short(detail)}
          </p>
          {hint !== undefined && <Hint text={hint} />}
        </li>
      ))}
    </ul>
  );
}

interface FailuresProps extends FailureList {
  readonly rows: number;
  readonly now: Date;
}

/** What failed recently, folded; the newest first. */
export function Failures({ count: all, lastAt, newest, rows, now }: FailuresProps) {
  if (all === 0) return null;
  const shown = newest.slice(0, rows);
  const when = lastAt === undefined ? '' : `, the last ${ago(lastAt, now)}`;
  return (
    <details>
      <summary>
        {count(all, 'failure')} on record{when}
      </summary>
      <ol class="failures">
        {shown.map((failure) => (
          <li key={failure.at.getTime()}>
            <p>
              <time datetime={machine(failure.at)}>{stamp(failure.at)}</time> <b>{label(failure.function)}</b>{' '}
              {label(failure.type)} after {count(failure.attempts, 'attempt')}
            </p>
            <p>{short(failure.problem)}</p>
            {failure.hint !== undefined && <Hint text={failure.hint} />}
          </li>
        ))}
      </ol>
      {all > shown.length && <p class="rest">{count(all - shown.length, 'older record')} in the bucket.</p>}
    </details>
  );
}

/** The commands of pgvouch within it stand out. */
function Hint({ text }: { text: string }) {
  const parts = short(text).split(
    /(npx pgvouch (?:refresh [\w-]+|[a-z]+)(?: (?:latest|show|create|drop|--[a-z-]+(?: (?:'[^']*'|[\w.-]*\w))?))*)/,
  );
  return <p class="hint">{parts.map((part, index) => (index % 2 === 1 ? <code key={part}>{part}</code> : part))}</p>;
}

/** Whoever wrote it. */
function short(text: string): string {
  return shorten(text, ROOM.textLength);
}
