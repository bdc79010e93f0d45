import type { Notification } from '../../../layers/backup/notification.ts';
import { shorten } from '../../../layers/words/texts.ts';
import { plainMessage } from './message.ts';

/** In characters. */
const LONGEST = { part: 20_000, subject: 150 };

/**
 * A mail in plain text; the first line of the message is its subject.
 *
 * @see https://www.rfc-editor.org/rfc/rfc3834#section-5: nobody on holiday answers it
 */
export function mailOf(told: Notification) {
  const text = plainMessage(told, LONGEST.part);
  const [subject = ''] = text.split('\n', 1);
  return { subject: shorten(subject, LONGEST.subject), text, headers: { 'Auto-Submitted': 'auto-generated' } };
}
