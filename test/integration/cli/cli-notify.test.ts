import path from 'node:path';
import { expect, test } from 'vitest';
import {
  discordForm,
  opsgenieCloseForm,
  opsgenieCreateForm,
  pagerdutyForm,
} from '../../support/servers/channel-forms.ts';
import { pgvouch } from '../../support/servers/command-line.ts';
import { mailServer } from '../../support/servers/mail-server.ts';
import { TLS } from '../../support/servers/server-tls.ts';
import { webhookServer } from '../../support/servers/webhook-server.ts';

const vault = { MINIO_ENDPOINT: 'http://127.0.0.1:1', MINIO_ACCESS_KEY: 'a', MINIO_SECRET_KEY: 's' };
const TEST = '[BACKUP TEST] pgvouch can send messages here';

test('each channel gets one test, marked as such; what a test opens it closes', async () => {
  const [discord, slack, pagerduty, opsgenie] = [
    await webhookServer(200),
    await webhookServer(200),
    await webhookServer(202),
    await webhookServer(202),
  ];
  const mail = await mailServer({ secure: true });
  const env = {
    ...vault,
    BACKUP_DISCORD_URL: discord.url,
    ...{ BACKUP_WEBHOOK_URL: slack.url, BACKUP_WEBHOOK_FORMAT: 'json' },
    ...{ BACKUP_PAGERDUTY_KEY: 'f'.repeat(32), BACKUP_PAGERDUTY_URL: new URL(pagerduty.url).origin },
    ...{ BACKUP_OPSGENIE_KEY: 'T0k3n', BACKUP_OPSGENIE_URL: new URL(opsgenie.url).origin },
    ...{ BACKUP_SMTP_URL: mail.url, BACKUP_SMTP_ROOT_CERT: path.join(TLS, 'ca.pem') },
    ...{ BACKUP_MAIL_FROM: 'pgvouch@mail.example', BACKUP_MAIL_TO: 'ops@mail.example' },
  };
  const { exitCode, stdout } = await pgvouch(env, 'notify', '--test');
  expect(stdout.trimEnd().split('\n')).toEqual(
    ['webhook', 'discord', 'mail', 'pagerduty', 'opsgenie'].map((one) => `${one}: took the test`),
  );
  expect(exitCode).toBe(0);

  const [post] = discord.posts;
  expect(discordForm.parse(JSON.parse(post?.body ?? '')).content.replaceAll('\\', '')).toContain(TEST);
  expect(JSON.parse(slack.posts[0]?.body ?? '')).toMatchObject({ test: true, error: { type: 'Test' } });
  expect(mail.mails[0]?.text).toContain(`Subject: ${TEST}`);
  const events = pagerduty.posts.map(({ body }) => pagerdutyForm.parse(JSON.parse(body)));
  expect(events).toMatchObject([
    { event_action: 'trigger', payload: { summary: TEST, severity: 'info' } },
    { event_action: 'resolve', dedup_key: events[0]?.dedup_key },
  ]);
  opsgenieCreateForm.parse(JSON.parse(opsgenie.posts[0]?.body ?? ''));
  opsgenieCloseForm.parse(JSON.parse(opsgenie.posts[1]?.body ?? ''));
});

test('one that does not take it is named, with the reason and without its secret: exit code 1', async () => {
  const [discord, telegram] = [await webhookServer(200), await webhookServer(401)];
  const env = {
    ...{ ...vault, BACKUP_DISCORD_URL: discord.url, BACKUP_TELEGRAM_TOKEN: '123:T0k3n', BACKUP_TELEGRAM_CHAT: '@ops' },
    BACKUP_TELEGRAM_URL: new URL(telegram.url).origin,
  };
  const { exitCode, stdout, stderr } = await pgvouch(env, 'notify', '--test');
  expect(exitCode).toBe(1);
  expect(stdout).toMatch(
    /^discord: took the test\ntelegram: did not take the test: 127\.0\.0\.1:\d+ answered HTTP 401\n$/,
  );
  expect(stdout + stderr).not.toContain('T0k3n');
  const json = await pgvouch(env, 'notify', '--test', '--json');
  expect(JSON.parse(json.stdout)).toMatchObject([
    { channel: 'discord', taken: true },
    { channel: 'telegram', taken: false, problem: expect.stringContaining('HTTP 401') },
  ]);
});

test('without a channel there is nothing to test: that is a mistake', async () => {
  expect(await pgvouch(vault, 'notify', '--test')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('no channel is configured'),
  });
});
