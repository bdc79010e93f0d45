import type { Notification } from '../../../layers/backup/notification.ts';
import { fitted } from './fitted.ts';
import { linksOf } from './message.ts';

/** In bytes; Teams takes 28 KB, with what it adds itself. */
const LONGEST = 25_000;

/**
 * The JSON that a Workflows webhook of Teams takes: a message with an Adaptive Card. Its text stands in runs, in which
 * Teams reads no Markdown.
 *
 * @see https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
 * @see https://adaptivecards.io/explorer/RichTextBlock.html
 */
export function teamsBody(told: Notification): string {
  return fitted(told, (text) => JSON.stringify(card(text, told)), LONGEST, Buffer.byteLength);
}

function card(text: string, told: Notification) {
  const [first = '', ...lines] = text.split('\n');
  const title = {
    type: 'TextRun',
    text: first,
    weight: 'Bolder',
    color: told.status === 'firing' ? 'Attention' : 'Good',
  };
  const block = (inline: object) => ({ type: 'RichTextBlock', inlines: [inline], spacing: 'Small' });
  const body = [block(title), ...lines.map((line) => block({ type: 'TextRun', text: line }))];
  const actions = linksOf(told).map(({ title, url }) => ({ type: 'Action.OpenUrl', title, url }));
  const content = {
    ...{ $schema: 'http://adaptivecards.io/schemas/adaptive-card.json', type: 'AdaptiveCard', version: '1.4' },
    ...{ body, ...(actions.length > 0 && { actions }), msteams: { width: 'Full' } },
  };
  const contentType = 'application/vnd.microsoft.card.adaptive';
  return { type: 'message', attachments: [{ contentType, contentUrl: null, content }] };
}
