import type { FailureRecord } from '../../layers/backup/failure.ts';
import { formatFiredAt } from '../../layers/backup/keys.ts';

export interface MessageFacts {
  /** How many more backups the failed event was about. */
  readonly others: number;
  /** Why the failure record could not be written, if it could not. */
  readonly unrecorded?: string;
}

/** Characters. pg_dump's reason stands at the end of what it says, the operation at the beginning. */
const LONGEST = { head: 300, tail: 1_200 };

/**
 * What people are told of a failure: plain text of a few lines that also reads well in Slack, Mattermost and others that
 * take `{"text": …}`.
 *
 * @see https://docs.slack.dev/messaging/formatting-message-text/#escaping
 */
export function failureMessage(failure: FailureRecord, { others, unrecorded }: MessageFacts): string {
  const { function: name, database, firedAt, error, at, attempts, requestId } = failure;
  const tries = attempts === 1 ? '1 attempt' : `${attempts} attempts`;
  const backup = firedAt === undefined ? undefined : `backup ${formatFiredAt(new Date(firedAt))}`;
  const lines = [
    `[BACKUP FAILURE] ${database === undefined ? '' : `${oneLine(database)}: `}${name} failed after ${tries} (${error.type})`,
    shorten(error.problem),
    error.hint !== undefined && `Hint: ${shorten(error.hint)}`,
    others > 0 && `The event was about ${others} more ${others === 1 ? 'backup' : 'backups'}.`,
    unrecorded !== undefined && `The failure record could not be written: ${shorten(unrecorded)}`,
    [at, backup, `request ${requestId}`].filter((part) => part !== undefined).join(', '),
  ];
  return escapeSlack(clean(lines.filter((line) => line !== false).join('\n')));
}

function oneLine(text: string): string {
  return text.replace(/\s/g, ' ');
}

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
