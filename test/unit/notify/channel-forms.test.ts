import { describe, expect, test } from 'vitest';
import { discordBody, discordUrl, escapeDiscord } from '../../../functions/notify/channels/discord.ts';
import { telegramBody, telegramUrl } from '../../../functions/notify/channels/telegram.ts';
import type { Notification } from '../../../layers/backup/notification.ts';
import { discordForm, telegramForm } from '../../support/servers/channel-forms.ts';

const at = '2026-11-22T02:03:41.568Z';
const firing: Notification = {
  ...{ format: 'pgvouch/failure', formatVersion: 1, at, function: 'dump', database: 'shop', attempts: 3 },
  error: { type: 'DumpError', problem: 'dump shop: connection refused', hint: 'is the server up?' },
  ...{ requestId: 'e4b46cbf', status: 'firing', since: at, count: 1 },
  links: { status: 'https://status.example/a_b_c', runbook: 'docs/runbook.md, section BackupFailed' },
};
const resolved: Notification = { ...firing, status: 'resolved', resolvedAt: '2026-11-22T04:03:41.568Z' };
const hostile = '*_x_* <b> @everyone `c` ~~d~~ ||e|| [f](g) \\ <@123> &amp;';

/** Far too long in every part that can be. */
const endless: Notification = {
  ...firing,
  error: { type: 'DumpError', problem: `begins ${'*🐘\n'.repeat(20_000)} ends`, hint: '_'.repeat(20_000) },
  unrecorded: '|'.repeat(20_000),
};
const endlessNames: Notification = { ...endless, database: '*'.repeat(20_000) };

const every = [firing, resolved, endless, endlessNames, { ...firing, database: hostile }];

describe('Discord', () => {
  test('every message has the documented form, and pings nobody', () => {
    for (const told of every)
      expect(discordForm.parse(discordBody(told))).toMatchObject({ allowed_mentions: { parse: [] } });
  });

  test('names show as they are: what a person reads is what was meant', () => {
    const { content } = discordBody({ ...firing, database: hostile });
    expect(content).toContain(
      '\\*\\_x\\_\\* \\<b\\> @everyone \\`c\\` \\~\\~d\\~\\~ \\|\\|e\\|\\| \\[f\\]\\(g\\) \\\\ \\<@123\\> &amp;',
    );
    for (const line of ['# a', '-# a', '- a', '+ a', '12. a', '  ## a', '> a', 'a # b', '2026-11-22T02']) {
      expect(escapeDiscord(line).replace(/\\([\\*_~`|<>[\]()#+.-])/g, '$1')).toBe(line);
    }
    expect(escapeDiscord('# a\n-# b\n1. c\n- d\ne-f')).toBe('\\# a\n\\-# b\n1\\. c\n\\- d\ne-f');
  });

  test('links stay whole', () => {
    expect(discordBody(firing).content).toContain('Status: https://status.example/a_b_c\n');
  });

  test('a long problem keeps its beginning and its end', () => {
    const { content } = discordBody(endless);
    expect(content).toMatch(/begins .* ends/s);
    expect(content).toContain('What to do: docs/runbook.md');
    expect(content.length).toBeGreaterThan(500);
  });

  test('waits until the message is there; what the URL has stays', () => {
    expect(discordUrl('https://discord.com/api/webhooks/1/x?thread_id=2')).toBe(
      'https://discord.com/api/webhooks/1/x?thread_id=2&wait=true',
    );
  });
});

describe('Telegram', () => {
  test('every message has the documented form', () => {
    for (const told of every) telegramForm.parse(telegramBody('-100123', told));
    expect(telegramBody('@ops', endless).text.length).toBeGreaterThan(2_000);
  });

  test('names show as they are: no parse mode, no markup', () => {
    const body = telegramBody('@ops', { ...firing, database: hostile });
    expect(body.text).toContain(`[BACKUP FAILURE] ${hostile}: dump failed`);
    expect(body).not.toHaveProperty('parse_mode');
    expect(body).toMatchObject({ chat_id: '@ops', link_preview_options: { is_disabled: true } });
  });

  test('the address', () => {
    expect(telegramUrl('https://api.telegram.org', '1:T0k3n')).toBe('https://api.telegram.org/bot1:T0k3n/sendMessage');
  });
});
