import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { type FunctionEnded, parseFunctionEnded } from '../../../events/function-ended.ts';
import { readNotifyConfig } from '../../../functions/notify/config.ts';
import { notify } from '../../../functions/notify/notify.ts';
import type { Vault } from '../../../layers/vault/vault.ts';
import {
  discordForm,
  opsgenieCloseForm,
  opsgenieCreateForm,
  pagerdutyForm,
  teamsForm,
  telegramForm,
} from '../../support/servers/channel-forms.ts';
import { closedPort, type WebhookServer, webhookServer } from '../../support/servers/webhook-server.ts';
import { notifyDeps } from '../../support/world/notify-deps.ts';
import { freshVault } from '../../support/world/world-vault.ts';

const BEGIN = Date.parse('2026-11-22T04:00:00Z');

/** A record of Lambda's about a dump, so many milliseconds after the beginning. */
function ended(outcome: 'failed' | 'succeeded', afterMs: number, database = 'shop'): FunctionEnded {
  const file = new URL(`../../../events/samples/function-${outcome}.dump.json`, import.meta.url);
  const { requestContext, ...event } = JSON.parse(readFileSync(file, 'utf8'));
  const timestamp = new Date(BEGIN + afterMs).toISOString();
  const requestId = `${outcome} ${afterMs}`;
  return parseFunctionEnded({
    ...event,
    ...{ timestamp, requestContext: { ...requestContext, requestId }, requestPayload: { database } },
  });
}

/** Every channel that the variables name, as the handler builds them. */
function people(vault: Vault, env: Record<string, string>) {
  const { channels } = readNotifyConfig(env);
  const lines: string[] = [];
  const hear = async (event: FunctionEnded) => {
    if (event.outcome === 'told') throw new Error('nobody hears what was told');
    const now = event.outcome === 'failed' ? event.failed.at : event.succeeded.at;
    const { deps, lines: said } = notifyDeps(vault, { channels, databases: ['shop', 'crm'], clock: () => now });
    await notify(deps, event).finally(() => lines.push(...said));
  };
  return { hear, said: () => lines.join('') };
}

const discordAt = ({ url }: WebhookServer) => ({ BACKUP_DISCORD_URL: url });
const telegramAt = ({ url }: WebhookServer) => ({
  BACKUP_TELEGRAM_TOKEN: '123:T0k3n',
  BACKUP_TELEGRAM_CHAT: '-100123',
  BACKUP_TELEGRAM_URL: new URL(url).origin,
});
const contents = ({ posts }: WebhookServer) =>
  posts.map(({ body }) => {
    const { text, content } = JSON.parse(body) as { text?: string; content?: string };
    return (text ?? content ?? '').split(':')[0]?.replaceAll('\\', '');
  });

const FAILURE = '[BACKUP FAILURE] shop';
const RESOLVED = '[BACKUP RESOLVED] shop';

let vault: Vault;
beforeAll(async () => {
  ({ vault } = await freshVault());
});

/** Troubles of tests that share a bucket must not meet: each has its own prefix. */
let tests = 0;
const own = (): Vault => ({ ...vault, prefix: `${vault.prefix}${++tests}/` });

describe('each channel gets its documented form', () => {
  test('Discord and Telegram, beside the webhook', async () => {
    const [slack, discord, telegram] = [await webhookServer(200), await webhookServer(200), await webhookServer(200)];
    const env = { BACKUP_WEBHOOK_URL: slack.url, ...discordAt(discord), ...telegramAt(telegram) };
    const { hear, said } = people(own(), env);
    await hear(ended('failed', 0));
    await hear(ended('succeeded', 1_000));
    for (const one of [slack, discord, telegram]) expect(contents(one)).toEqual([FAILURE, RESOLVED]);

    for (const { path, body, headers } of discord.posts) {
      expect(path).toBe('/services/T0k3n?wait=true');
      expect(headers['content-type']).toBe('application/json');
      discordForm.parse(JSON.parse(body));
    }
    for (const { path, body } of telegram.posts) {
      expect(path).toBe('/bot123:T0k3n/sendMessage');
      expect(telegramForm.parse(JSON.parse(body)).chat_id).toBe('-100123');
    }
    expect(said()).toContain('telegram notified');
    expect(said()).not.toContain('T0k3n');
  });

  test('Teams, PagerDuty and Opsgenie: the end closes what the first failure opened', async () => {
    const [teams, pagerduty, opsgenie] = [await webhookServer(202), await webhookServer(202), await webhookServer(202)];
    const { hear, said } = people(own(), {
      ...{
        BACKUP_TEAMS_URL: teams.url,
        BACKUP_PAGERDUTY_KEY: `T0k3n${'f'.repeat(27)}`,
        BACKUP_OPSGENIE_KEY: 'T0k3n-1',
      },
      BACKUP_PAGERDUTY_URL: new URL(pagerduty.url).origin,
      BACKUP_OPSGENIE_URL: new URL(opsgenie.url).origin,
    });
    await hear(ended('failed', 0));
    await hear(ended('failed', 86_400_000));
    await hear(ended('succeeded', 86_401_000));
    expect(teams.posts.map(({ body }) => teamsForm.parse(JSON.parse(body)).type)).toHaveLength(3);
    expect(pagerduty.posts.map(({ path }) => path)).toEqual(Array(3).fill('/v2/enqueue'));
    const events = pagerduty.posts.map(({ body }) => pagerdutyForm.parse(JSON.parse(body)));
    expect(events.map((one) => one.event_action)).toEqual(['trigger', 'trigger', 'resolve']);
    expect(new Set(events.map((one) => one.dedup_key)).size).toBe(1);

    const [first, daily, end] = opsgenie.posts;
    const { alias } = opsgenieCreateForm.parse(JSON.parse(first?.body ?? ''));
    expect(opsgenieCreateForm.parse(JSON.parse(daily?.body ?? '')).alias).toBe(alias);
    opsgenieCloseForm.parse(JSON.parse(end?.body ?? ''));
    expect(end?.path).toBe(`/v2/alerts/${encodeURIComponent(alias)}/close?identifierType=alias`);
    for (const { headers } of opsgenie.posts) expect(headers.authorization).toBe('GenieKey T0k3n-1');
    expect(said()).not.toContain('T0k3n');
  });

  test('a token that is refused, or a server that is not there, never shows in the log', async () => {
    const refusing = await webhookServer(401);
    for (const api of [new URL(refusing.url).origin, `http://127.0.0.1:${await closedPort()}`]) {
      const { hear, said } = people(own(), { ...telegramAt(refusing), BACKUP_TELEGRAM_URL: api });
      await hear(ended('failed', 0));
      expect(said()).toContain('telegram not notified');
      expect(said()).toMatch(/127\.0\.0\.1:\d+ (answered HTTP 401|cannot be reached)/);
      expect(said()).not.toContain('T0k3n');
    }
  });
});

describe('one that is down', () => {
  test('silences no other, gets what it missed, and no other gets it twice', async () => {
    const [up, down] = [await webhookServer(200), await webhookServer(404, 200, 404, 200)];
    const { hear } = people(own(), { BACKUP_WEBHOOK_URL: up.url, ...discordAt(down) });
    await hear(ended('failed', 0));
    expect(contents(up)).toEqual([FAILURE]);
    await hear(ended('failed', 1_000));
    await hear(ended('failed', 2_000));
    await hear(ended('succeeded', 3_000));
    await hear(ended('succeeded', 4_000));
    await hear(ended('succeeded', 5_000));
    expect(contents(up)).toEqual([FAILURE, RESOLVED]);
    expect(contents(down)).toEqual([FAILURE, FAILURE, RESOLVED, RESOLVED]);
    const ends = down.posts.slice(2).map(({ body }) => /works again after \d+ s/.exec(body)?.[0]);
    expect(ends).toEqual(['works again after 3 s', 'works again after 3 s']);
  });
});

test('a channel with a list of databases gets messages about those alone', async () => {
  const [all, some] = [await webhookServer(200), await webhookServer(200)];
  const { hear } = people(own(), {
    ...{ BACKUP_WEBHOOK_URL: all.url, ...discordAt(some), BACKUP_NOTIFY_DATABASES: '{"discord": ["crm"]}' },
  });
  await hear(ended('failed', 0, 'shop'));
  await hear(ended('failed', 1_000, 'crm'));
  expect(contents(all)).toEqual([FAILURE, '[BACKUP FAILURE] crm']);
  expect(contents(some)).toEqual(['[BACKUP FAILURE] crm']);
});
