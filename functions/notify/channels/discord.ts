import type { Notification } from '../../../layers/backup/notification.ts';
import { fitted } from './fitted.ts';

/** In characters. */
const LONGEST = 2_000;

/** Links get no preview. */
const SUPPRESS_EMBEDS = 4;

/**
 * The body that Discord's webhooks take. Nobody is pinged, whatever a database is called.
 *
 * @see https://docs.discord.com/developers/resources/webhook#execute-webhook
 */
export function discordBody(told: Notification) {
  return {
    content: fitted(told, escapeDiscord, LONGEST),
    allowed_mentions: { parse: [] },
    flags: SUPPRESS_EMBEDS,
  };
}

/** Discord answers only once the message stands there. */
export function discordUrl(webhook: string): string {
  if (!URL.canParse(webhook)) return webhook;
  const url = new URL(webhook);
  url.searchParams.set('wait', 'true');
  return url.href;
}

/** The links of a message. Discord reads no markup in them, and a backslash would break them. */
const LINK = /(https?:\/\/[\w\-.~:/?#@!$&+,;=%]+)/;

/**
 * Keeps text from being read as Markdown.
 *
 * @see https://support.discord.com/hc/en-us/articles/210298617
 */
export function escapeDiscord(text: string): string {
  const parts = text.split(LINK);
  const escaped = parts.map((part, index) => (index % 2 === 1 ? part : part.replace(/[\\*_~`|<>[\]()]/g, '\\$&')));
  // Headings, small print and lists begin a line.
  return escaped
    .join('')
    .replace(/^(\s*)(-#|#{1,3}|[+-])(?=\s)/gm, '$1\\$2')
    .replace(/^(\s*\d+)\.(?=\s)/gm, '$1\\.');
}
