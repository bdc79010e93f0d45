import { ago } from '../../../../layers/words/spans.ts';
import { label } from '../../../../layers/words/texts.ts';
import type { Finding } from './finding.ts';
import type { RefreshFacts } from './refresh-facts.ts';

/** What a person should know of a refresh. Nothing of it is about a backup. Pure. */
export function* refreshFindings({ name, last, overdueAt }: RefreshFacts, now: Date): Generator<Finding> {
  if (last?.outcome === 'failed') {
    yield {
      level: 'attention',
      text: `The refresh ${label(name)} failed ${ago(new Date(last.at), now)}.`,
      ...(last.problem !== undefined && { detail: last.problem }),
      hint: last.hint,
    };
  }
  if (overdueAt !== undefined && overdueAt < now) {
    const text = `The refresh ${label(name)} is overdue by its schedule.`;
    const hint = `See whether its schedule fires and what the refresh function’s log says; npx pgvouch refresh ${name} does it now.`;
    yield { level: 'attention', text, hint };
  }
}
