import type { FailureRecord } from '../../layers/backup/failure.ts';
import { formatFiredAt } from '../../layers/backup/keys.ts';
import type { Notification } from '../../layers/backup/notification.ts';

/** Characters. pg_dump's reason stands at the end of what it says, the operation at the beginning. */
const LONGEST = { head: 300, tail: 1_200 };

/**
 * What people are told, of a failure or of its end: plain text of a few lines that also reads well in Slack, Mattermost
 * and others that take `{"text": …}`.
 *
 * @see https://docs.slack.dev/messaging/formatting-message-text/#escaping
 */
export function messageOf(told: Notification): string {
  const lines = told.status === 'firing' ? firingLines(told) : resolvedLines(told);
  return escapeSlack(clean(lines.filter((line) => line !== undefined).join('\n')));
}

/** The same of a failure alone, without markup: for the body of a ping. */
export function problemText(failure: FailureRecord): string {
  const { error } = failure;
  const hint = error.hint === undefined ? '' : `\nHint: ${error.hint}`;
  return clean(`${failedLine(failure)}\n${error.problem}${hint}`);
}

function firingLines(told: Notification): (string | undefined)[] {
  const { firedAt, error, at, requestId, others, unrecorded, since, count, links } = told;
  const backup = firedAt === undefined ? undefined : `backup ${formatFiredAt(new Date(firedAt))}`;
  return [
    `[BACKUP FAILURE] ${failedLine(told)}`,
    shorten(error.problem),
    error.hint && `Hint: ${shorten(error.hint)}`,
    count > 1 ? `Failing since ${since}, for ${spanOf(since, at)}: ${count} times` : `Failing since ${since}`,
    others === undefined ? undefined : `The event was about ${others} more ${others === 1 ? 'backup' : 'backups'}.`,
    unrecorded && `The failure record could not be written: ${shorten(unrecorded)}`,
    links.status && `Status: ${links.status}`,
    `What to do: ${links.runbook}`,
    [count > 1 ? at : undefined, backup, `request ${requestId}`].filter((part) => part !== undefined).join(', '),
  ];
}

function resolvedLines(told: Notification): (string | undefined)[] {
  const { function: name, since, at, resolvedAt = at, count, error, links } = told;
  return [
    `[BACKUP RESOLVED] ${ownerOf(told)}${name} works again after ${spanOf(since, resolvedAt)}`,
    `It failed since ${since}, ${count === 1 ? 'once' : `${count} times`}; the last time (${error.type}):`,
    shorten(error.problem),
    links.status && `Status: ${links.status}`,
    resolvedAt,
  ];
}

function failedLine(failure: FailureRecord): string {
  const { function: name, attempts, error } = failure;
  const tries = attempts === 1 ? '1 attempt' : `${attempts} attempts`;
  return `${ownerOf(failure)}${name} failed after ${tries} (${error.type})`;
}

function ownerOf({ database }: FailureRecord): string {
  return database === undefined ? '' : `${database.replace(/\s/g, ' ')}: `;
}

/** `2 d 3 h`, `3 h 5 min`, `40 s`: the two largest units that are not zero. */
function spanOf(from: string, to: string): string {
  let restS = Math.max(0, Math.round((new Date(to).getTime() - new Date(from).getTime()) / 1000));
  const parts: string[] = [];
  for (const [unit, lengthS] of SPAN_UNITS) {
    const count = Math.floor(restS / lengthS);
    restS -= count * lengthS;
    if (count > 0) parts.push(`${count} ${unit}`);
  }
  return parts.slice(0, 2).join(' ') || '0 s';
}

const SPAN_UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
] as const;

function shorten(text: string): string {
  const characters = Array.from(text);
  if (characters.length <= LONGEST.head + LONGEST.tail) return text;
  return `${characters.slice(0, LONGEST.head).join('')} … ${characters.slice(-LONGEST.tail).join('')}`;
}

/** Without control characters, and without those that turn the direction of writing and so could hide what is said. */
function clean(text: string): string {
  return text.replaceAll('\t', ' ').replace(/(?!\n)\p{Cc}|[\u202a-\u202e\u2066-\u2069]/gu, '');
}

/** Keeps `<!channel>` and links from being read as Slack's own. */
function escapeSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
