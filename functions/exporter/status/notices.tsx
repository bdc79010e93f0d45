import type { FailureFacts } from './facts.ts';
import type { Finding } from './findings.ts';
import { ago, count, machine, shorten, stamp, visible } from './words.ts';

/** What a person should know now, each with what can be done. */
export function Findings({ findings }: { findings: readonly Finding[] }) {
  if (findings.length === 0) return null;
  return (
    <ul class="findings">
      {findings.map(({ level, text, detail, hint }) => (
        <li key={text} class={level}>
          <p>
            <b>{text}</b> {detail && visible(detail)}
          </p>
          {hint !== undefined && <Hint text={hint} />}
        </li>
      ))}
    </ul>
  );
}

interface FailuresProps {
  readonly count: number;
  readonly newest: readonly FailureFacts[];
  readonly rows: number;
  readonly now: Date;
}

/** What failed recently, folded; the newest first. */
export function Failures({ count: all, newest, rows, now }: FailuresProps) {
  const [first] = newest;
  if (all === 0) return null;
  const shown = newest.slice(0, rows);
  const when = first === undefined ? '' : `, the last ${ago(first.at, now)}`;
  return (
    <details>
      <summary>
        {count(all, 'failure')} on record{when}
      </summary>
      <ol class="failures">
        {shown.map((failure) => (
          <li key={failure.at.getTime()}>
            <p>
              <time datetime={machine(failure.at)}>{stamp(failure.at)}</time> <b>{failure.function}</b> {failure.type}{' '}
              after {count(failure.attempts, 'attempt')}
            </p>
            <p>{visible(shorten(failure.problem, 500))}</p>
            {failure.hint !== undefined && <Hint text={shorten(failure.hint, 300)} />}
          </li>
        ))}
      </ol>
      {all > shown.length && <p class="rest">{count(all - shown.length, 'older record')} in the bucket.</p>}
    </details>
  );
}

/** Commands of ours within it stand out. */
function Hint({ text }: { text: string }) {
  const parts = visible(text).split(/(npx pgvouch [a-z]+(?: (?:latest|--[a-z-]+(?: (?:'[^']*'|[\w.-]*\w))?))*)/);
  return <p class="hint">{parts.map((part, index) => (index % 2 === 1 ? <code key={part}>{part}</code> : part))}</p>;
}
