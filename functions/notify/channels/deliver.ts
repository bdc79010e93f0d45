import type { Notification } from '../../../layers/backup/notification.ts';
import { sendMail } from '../../../layers/mail/send-mail.ts';
import { readSecret } from '../../../layers/secrets/read-secret.ts';
import type { Channel } from '../../../layers/settings/channels.ts';
import type { SecretSource } from '../../../layers/settings/environment.ts';
import { postTo } from '../../../layers/webhook/post.ts';
import { discordBody, discordUrl } from './discord.ts';
import { mailOf } from './mail.ts';
import { messageOf } from './message.ts';
import { opsgenieRequest } from './opsgenie.ts';
import { pagerdutyBody, pagerdutyUrl } from './pagerduty.ts';
import { teamsBody } from './teams.ts';
import { telegramBody, telegramUrl } from './telegram.ts';

/** A message, and the incident that it is about. */
export interface Message {
  readonly told: Notification;
  /** The same for all messages of a trouble. */
  readonly incident: string;
}

/**
 * Sends a message to one channel, in its form, and sees that it was taken. Takes less than a minute.
 *
 * @returns a remark, if only some of the people got it
 * @throws Error without any secret
 */
export async function deliver(channel: Channel, { told, incident }: Message, now: Date): Promise<string | undefined> {
  const secret = (source: SecretSource) => readSecret(source, now.getTime());
  switch (channel.kind) {
    case 'webhook': {
      const body = channel.format === 'json' ? told : { text: messageOf(told) };
      return postJson(await secret(channel.url), body);
    }
    case 'discord':
      return postJson(discordUrl(await secret(channel.url)), discordBody(told));
    case 'teams':
      return postJson(await secret(channel.url), teamsBody(told));
    case 'telegram':
      return postJson(telegramUrl(channel.api, await secret(channel.token)), telegramBody(channel.chat, told));
    case 'mail': {
      const { from, to, tls, rootCert } = channel;
      const refused = await sendMail({ url: await secret(channel.url), tls, rootCert }, { from, to, ...mailOf(told) });
      return refused.length === 0 ? undefined : `the mail server refused ${refused.join(', ')}`;
    }
    case 'pagerduty':
      return postJson(pagerdutyUrl(channel.api), pagerdutyBody(await secret(channel.key), told, incident));
    case 'opsgenie': {
      const { path, body } = opsgenieRequest(told, incident);
      return postJson(`${channel.api}${path}`, body, { authorization: `GenieKey ${await secret(channel.key)}` });
    }
  }
}

async function postJson(url: string, body: object | string, headers = {}): Promise<undefined> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  await postTo(url, { body: text, contentType: 'application/json', headers });
}
