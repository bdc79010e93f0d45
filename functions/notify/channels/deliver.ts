import type { Notification } from '../../../layers/backup/notification.ts';
import { readSecret } from '../../../layers/secrets/read-secret.ts';
import type { Channel } from '../../../layers/settings/channels.ts';
import type { SecretSource } from '../../../layers/settings/environment.ts';
import { postTo } from '../../../layers/webhook/post.ts';
import { discordBody, discordUrl } from './discord.ts';
import { messageOf } from './message.ts';
import { telegramBody, telegramUrl } from './telegram.ts';

/**
 * Sends a message to one channel, in its form, and sees that it was taken. Takes less than a minute.
 *
 * @throws Error without any secret
 */
export async function deliver(channel: Channel, told: Notification, now: Date): Promise<void> {
  const secret = (source: SecretSource) => readSecret(source, now.getTime());
  switch (channel.kind) {
    case 'webhook': {
      const body = channel.format === 'json' ? told : { text: messageOf(told) };
      return postJson(await secret(channel.url), body);
    }
    case 'discord':
      return postJson(discordUrl(await secret(channel.url)), discordBody(told));
    case 'telegram':
      return postJson(telegramUrl(channel.api, await secret(channel.token)), telegramBody(channel.chat, told));
  }
}

function postJson(url: string, body: object): Promise<void> {
  return postTo(url, { body: JSON.stringify(body), contentType: 'application/json' });
}
