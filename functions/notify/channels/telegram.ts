import type { Notification } from '../../../layers/backup/notification.ts';
import { fitted } from './fitted.ts';

/** In characters. */
const LONGEST = 4_096;

/**
 * What the Bot API's sendMessage takes. Without a parse mode Telegram reads no markup in the text.
 *
 * @see https://core.telegram.org/bots/api#sendmessage
 */
export function telegramBody(chat: string, told: Notification) {
  const text = fitted(told, (plain) => plain, LONGEST);
  return { chat_id: chat, text, link_preview_options: { is_disabled: true } };
}

/** @param api - `https://api.telegram.org`, or a Bot API server of one's own */
export function telegramUrl(api: string, token: string): string {
  return `${api}/bot${token}/sendMessage`;
}
