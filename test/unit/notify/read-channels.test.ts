import { describe, expect, test } from 'vitest';
import { readNotifyConfig } from '../../../functions/notify/config.ts';
import { CHANNEL_KINDS, channelSchema, channelsFor } from '../../../layers/settings/channels.ts';

const telegram = { BACKUP_TELEGRAM_TOKEN: '123:T0k3n', BACKUP_TELEGRAM_CHAT: '-100123' };
const discord = { BACKUP_DISCORD_URL: 'https://discord.com/api/webhooks/1/T0k3n' };
const webhook = { BACKUP_WEBHOOK_URL: 'https://hooks.example/T0k3n' };
const mail = {
  BACKUP_SMTP_URL: 'smtps://me:T0k3n@mail.example',
  BACKUP_MAIL_FROM: 'pgvouch@mail.example',
  BACKUP_MAIL_TO: 'ops@mail.example, dba@mail.example',
};
const teams = { BACKUP_TEAMS_URL: 'https://prod.logic.azure.com/workflows/1?sig=T0k3n' };
const incidents = { BACKUP_PAGERDUTY_KEY: 'T0k3n', BACKUP_OPSGENIE_KEY: 'T0k3n' };
const all = { ...webhook, ...discord, ...teams, ...telegram, ...mail, ...incidents };
const kindsOf = (env: Record<string, string>) => readNotifyConfig(env).channels.map(({ kind }) => kind);

test('a channel is there if its secret is: given, in a file, in Secrets Manager', () => {
  expect(kindsOf({})).toEqual([]);
  expect(kindsOf(all)).toEqual([...CHANNEL_KINDS]);
  expect(readNotifyConfig({ BACKUP_DISCORD_URL_FILE: '/run/secrets/discord' }).channels).toEqual([
    { kind: 'discord', name: 'discord', url: { name: 'BACKUP_DISCORD_URL', file: '/run/secrets/discord' } },
  ]);
  const arn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:x';
  expect(readNotifyConfig({ BACKUP_TELEGRAM_TOKEN_SECRET: arn, BACKUP_TELEGRAM_CHAT: '@ops' }).channels).toMatchObject([
    { kind: 'telegram', token: { arn }, chat: '@ops', api: 'https://api.telegram.org' },
  ]);
});

test('mail: the addresses, and TLS unless it is turned off', () => {
  expect(readNotifyConfig(mail).channels).toEqual([
    {
      ...{ kind: 'mail', name: 'mail', tls: 'required', from: 'pgvouch@mail.example' },
      url: { name: 'BACKUP_SMTP_URL', value: mail.BACKUP_SMTP_URL },
      to: ['ops@mail.example', 'dba@mail.example'],
    },
  ]);
  const changes = { BACKUP_SMTP_TLS: 'off', BACKUP_SMTP_ROOT_CERT: '/etc/ca.pem' };
  expect(readNotifyConfig({ ...mail, ...changes }).channels).toMatchObject([{ tls: 'off', rootCert: '/etc/ca.pem' }]);
});

test('what is read has the form of the model, which any other configuration shares', () => {
  const { channels } = readNotifyConfig({ ...all, BACKUP_NOTIFY_DATABASES: '{"telegram": ["shop"]}' });
  for (const channel of channels) expect(channelSchema.parse(channel)).toEqual(channel);
  expect(channelSchema.safeParse({ ...channels[0], color: 'red' }).success).toBe(false);
});

test.each([
  [{ BACKUP_TELEGRAM_TOKEN: '123:T0k3n' }, 'BACKUP_TELEGRAM_CHAT is not set, but BACKUP_TELEGRAM_TOKEN is'],
  [{ BACKUP_TELEGRAM_CHAT: '1' }, 'BACKUP_TELEGRAM_CHAT is set, but none of BACKUP_TELEGRAM_TOKEN, '],
  [{ ...telegram, BACKUP_TELEGRAM_TOKEN: 'T0k3n' }, 'BACKUP_TELEGRAM_TOKEN must be the token of a bot'],
  [{ ...telegram, BACKUP_TELEGRAM_CHAT: 'ops' }, 'BACKUP_TELEGRAM_CHAT must be the id of a chat'],
  [{ BACKUP_DISCORD_URL: 'T0k3n' }, 'BACKUP_DISCORD_URL must be an http:// or https:// URL'],
  [{ ...mail, BACKUP_SMTP_URL: 'https://me:T0k3n@mail.example' }, 'BACKUP_SMTP_URL must be an smtp:// or smtps:// URL'],
  [{ ...mail, BACKUP_MAIL_TO: '' }, 'BACKUP_MAIL_TO is not set, but BACKUP_SMTP_URL is'],
  [{ ...mail, BACKUP_MAIL_TO: 'ops' }, 'BACKUP_MAIL_TO must be mail addresses'],
  [{ ...mail, BACKUP_MAIL_FROM: 'a@b, c@d' }, 'BACKUP_MAIL_FROM must be a mail address'],
  [{ BACKUP_MAIL_FROM: 'a@b' }, 'BACKUP_MAIL_FROM is set, but none of BACKUP_SMTP_URL, '],
  [{ ...incidents, BACKUP_PAGERDUTY_KEY: 'T0k3n \n' }, 'BACKUP_PAGERDUTY_KEY must be a key'],
  [{ BACKUP_NOTIFY_DATABASES: '{"discord": ["shop"]}' }, 'names discord, which is not configured'],
  [{ ...discord, BACKUP_NOTIFY_DATABASES: '{"discord": []}' }, 'BACKUP_NOTIFY_DATABASES must be an object of'],
  [{ ...discord, BACKUP_NOTIFY_DATABASES: '{"discord": "shop"}' }, 'BACKUP_NOTIFY_DATABASES must be an object of'],
  [{ ...discord, BACKUP_NOTIFY_DATABASES: '{"irc": ["shop"]}' }, 'BACKUP_NOTIFY_DATABASES must be an object of'],
  [
    { ...discord, BACKUP_NOTIFY_DATABASES: '{"discord": ["!shop"]}' },
    'has a list that leaves databases out, but has no',
  ],
  [{ ...discord, BACKUP_NOTIFY_DATABASES: 'discord=shop' }, 'BACKUP_NOTIFY_DATABASES must be an object of'],
])('%j is refused, and no secret is repeated', (env: Record<string, string>, problem) => {
  expect(() => readNotifyConfig(env)).toThrow(problem);
  expect(() => readNotifyConfig(env)).not.toThrow('T0k3n');
});

describe('which channels a message goes to', () => {
  const { channels } = readNotifyConfig({
    ...{ ...webhook, ...discord, ...telegram },
    BACKUP_NOTIFY_DATABASES: '{"telegram": ["shop", "*_x_*", "!old_*"], "discord": ["crm"]}',
  });
  test.each([
    ['shop', ['webhook', 'telegram']],
    ['*_x_*', ['webhook', 'telegram']],
    ['new_x_1', ['webhook', 'telegram']],
    ['old_x_1', ['webhook']],
    ['crm', ['webhook', 'discord']],
    ['other', ['webhook']],
    [undefined, ['webhook', 'discord', 'telegram']],
  ])('about %s', (database, kinds) => {
    expect(channelsFor(channels, database).map(({ kind }) => kind)).toEqual(kinds);
  });
});
