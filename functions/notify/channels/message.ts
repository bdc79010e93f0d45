import type { FailureRecord } from '../../../layers/backup/failure.ts';
import { formatFiredAt } from '../../../layers/backup/instant.ts';
import type { Notification } from '../../../layers/backup/notification.ts';
import { count as counted } from '../../../layers/words/counts.ts';
import { elapsed } from '../../../layers/words/spans.ts';
import { plain, shorten } from '../../../layers/words/texts.ts';

/** Of a problem, in characters. */
const LONGEST = 1_500;

/**
 * The message for people, of a failure or of its end: plain text of a few lines that also reads well in Slack, Mattermost
 * and others that take `{"text": …}`.
 *
 * @see https://docs.slack.dev/messaging/formatting-message-text/#escaping
 */
export function messageOf(told: Notification): string {
  return escapeSlack(plainMessage(told, LONGEST));
}

/**
 * The same without markup.
 *
 * @param longest - of a problem, a hint and the like, in characters
 */
export function plainMessage(told: Notification, longest: number): string {
  const cut = (text: string) => brief(text, longest);
  const lines = told.test
    ? testLines(told)
    : told.status === 'firing'
      ? firingLines(told, cut)
      : resolvedLines(told, cut);
  return plain(lines.filter((line) => line !== undefined).join('\n'));
}

/** The same of a failure alone, without markup: for the body of a ping. */
export function problemText(failure: FailureRecord): string {
  const { error } = failure;
  const hint = error.hint === undefined ? '' : `\nHint: ${error.hint}`;
  return plain(`${failedLine(failure)}\n${error.problem}${hint}`);
}

type Cut = (text: string) => string;

/** Its links that can be opened. */
export function linksOf({ links: { status, runbook } }: Notification) {
  const all = [
    { title: 'Status', url: status },
    { title: 'What to do', url: runbook },
  ];
  return all.flatMap(({ title, url }) => (url !== undefined && /^https?:/.test(url) ? [{ title, url }] : []));
}

function firingLines(told: Notification, brief: Cut): (string | undefined)[] {
  const { firedAt, error, at, requestId, others, unrecorded, since, count, links } = told;
  const backup = firedAt === undefined ? undefined : `backup ${formatFiredAt(new Date(firedAt))}`;
  return [
    `[BACKUP FAILURE] ${failedLine(told)}`,
    brief(error.problem),
    error.hint && `Hint: ${brief(error.hint)}`,
    count > 1 ? `Failing since ${since}: ${count} times in ${timeBetween(since, at)}` : `Failing since ${since}`,
    others === undefined ? undefined : `The event was about ${counted(others, 'more backup')}.`,
    unrecorded && `The failure record could not be written: ${brief(unrecorded)}`,
    links.status && `Status: ${links.status}`,
    `What to do: ${links.runbook}`,
    [count > 1 ? at : undefined, backup, `request ${requestId}`].filter((part) => part !== undefined).join(', '),
  ];
}

function testLines({ server, error, links, at }: Notification): (string | undefined)[] {
  const about = server === undefined ? '' : ` about server ${server}`;
  return [
    `[BACKUP TEST] pgvouch can send messages here${about}`,
    error.problem,
    links.status && `Status: ${links.status}`,
    at,
  ];
}

function resolvedLines(told: Notification, brief: Cut): (string | undefined)[] {
  const { function: name, since, at, resolvedAt = at, count, error, links } = told;
  return [
    `[BACKUP RESOLVED] ${ownerOf(told)}${name} works again after ${timeBetween(since, resolvedAt)}`,
    `It had failed ${count === 1 ? 'once' : `${count} times`} since ${since}. The last error (${error.type}):`,
    brief(error.problem),
    links.status && `Status: ${links.status}`,
    resolvedAt,
  ];
}

/** The server of several, and the database. */
export function ownerIn({ server, database }: Pick<Notification, 'server' | 'database'>): string | undefined {
  return server === undefined || database === undefined ? (server ?? database) : `${server}/${database}`;
}

function failedLine(failure: FailureRecord & Pick<Notification, 'server'>): string {
  const { function: name, attempts, error } = failure;
  return `${ownerOf(failure)}${name} failed after ${counted(attempts, 'attempt')} (${error.type})`;
}

function ownerOf(failure: FailureRecord & Pick<Notification, 'server'>): string {
  const owner = ownerIn(failure);
  return owner === undefined ? '' : `${owner.replace(/\s/g, ' ')}: `;
}

/** From one instant to another, both in ISO 8601. */
function timeBetween(from: string, to: string): string {
  return elapsed(Date.parse(to) - Date.parse(from));
}

/** pg_dump's reason stands at the end of what it says, the operation at the beginning. */
function brief(text: string, longest: number): string {
  return shorten(text, longest, Math.floor(longest / 5));
}

/** Keeps `<!channel>` and links from being read as Slack's own. */
function escapeSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
