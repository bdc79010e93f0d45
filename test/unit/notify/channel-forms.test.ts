import { describe, expect, test } from 'vitest';
import { discordBody, discordUrl, escapeDiscord } from '../../../functions/notify/channels/discord.ts';
import { incidentOf } from '../../../functions/notify/channels/incident.ts';
import { mailOf } from '../../../functions/notify/channels/mail.ts';
import { opsgenieRequest } from '../../../functions/notify/channels/opsgenie.ts';
import { pagerdutyBody } from '../../../functions/notify/channels/pagerduty.ts';
import { teamsBody } from '../../../functions/notify/channels/teams.ts';
import { telegramBody, telegramUrl } from '../../../functions/notify/channels/telegram.ts';
import type { Notification } from '../../../layers/backup/notification.ts';
import {
  discordForm,
  opsgenieCloseForm,
  opsgenieCreateForm,
  pagerdutyForm,
  teamsForm,
  telegramForm,
} from '../../support/servers/channel-forms.ts';

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

describe('Microsoft Teams', () => {
  test('every message has the documented form and fits into 28 KB', () => {
    const lines: Notification = { ...firing, error: { type: 'E', problem: 'a\n'.repeat(20_000) } };
    for (const told of [...every, lines]) {
      const body = teamsBody(told);
      teamsForm.parse(JSON.parse(body));
      expect(Buffer.byteLength(body)).toBeLessThan(28 * 1_024);
    }
  });

  test('names stand in runs, which have no markup; links are buttons', () => {
    const body = teamsForm.parse(JSON.parse(teamsBody({ ...firing, database: hostile })));
    const card = body.attachments[0]?.content;
    expect(card?.body[0]?.inlines[0]).toMatchObject({
      text: `[BACKUP FAILURE] ${hostile}: dump failed after 3 attempts (DumpError)`,
    });
    // The runbook is no URL here.
    expect(card?.actions).toEqual([{ type: 'Action.OpenUrl', title: 'Status', url: 'https://status.example/a_b_c' }]);
  });
});

describe('incidents', () => {
  const vault = { bucket: 'postgres-backups', prefix: 'pgvouch/' };
  const key = 'f'.repeat(32);
  const incident = incidentOf(vault, firing);

  test('the key is the same for a failure and its end, and another for any other trouble', () => {
    expect(incident).toBe('pgvouch postgres-backups/pgvouch/shop/failures/trouble-dump.json');
    expect(incidentOf(vault, resolved)).toBe(incident);
    const others = [
      incidentOf(vault, { ...firing, database: 'crm' }),
      incidentOf(vault, { ...firing, function: 'verify' }),
      incidentOf({ ...vault, bucket: 'others' }, firing),
      incidentOf(vault, { ...firing, test: true }),
      incidentOf(vault, { function: 'retention' }),
      incidentOf(vault, { ...firing, database: 'x'.repeat(1_000) }),
      incidentOf(vault, { ...firing, database: 'x'.repeat(1_001) }),
    ];
    expect(new Set([incident, ...others]).size).toBe(8);
    for (const one of others) expect(one.length).toBeLessThanOrEqual(255);
  });

  test('every event for PagerDuty has the documented form', () => {
    for (const told of every) pagerdutyForm.parse(pagerdutyBody(key, told, incident));
    expect(pagerdutyBody(key, firing, incident)).toMatchObject({
      ...{ event_action: 'trigger', dedup_key: incident },
      payload: {
        summary: '[BACKUP FAILURE] shop: dump failed after 3 attempts (DumpError)',
        source: 'shop',
        severity: 'error',
      },
      links: [{ href: 'https://status.example/a_b_c', text: 'Status' }],
    });
    expect(pagerdutyBody(key, resolved, incident)).toEqual({
      ...{ routing_key: key, event_action: 'resolve', dedup_key: incident },
    });
  });

  test('every request to Opsgenie has the documented form', () => {
    for (const told of every) {
      const { path, body } = opsgenieRequest(told, incident);
      const form = told.status === 'firing' ? opsgenieCreateForm : opsgenieCloseForm;
      form.parse(body);
      expect(path).toMatch(
        told.status === 'firing' ? /^\/v2\/alerts$/ : /^\/v2\/alerts\/[^/]+\/close\?identifierType=alias$/,
      );
    }
    expect(opsgenieRequest(firing, incident).body).toMatchObject({ alias: incident, entity: 'shop', priority: 'P2' });
    expect(opsgenieRequest(resolved, incident).path).toContain(`/${encodeURIComponent(incident)}/close`);
  });

  test('a bad backup is more urgent than a failure, a test less', () => {
    const problem = 'verify "shop", backup 2026-11-22T02-00-00Z: corrupt: bytes differ';
    const bad: Notification = { ...firing, function: 'verify', error: { type: 'VaultError', problem } };
    expect(pagerdutyBody(key, bad, incident)).toMatchObject({ payload: { severity: 'critical' } });
    expect(pagerdutyBody(key, { ...bad, test: true }, incident)).toMatchObject({ payload: { severity: 'info' } });
    expect(opsgenieRequest(bad, incident).body).toMatchObject({ priority: 'P1' });
    expect(opsgenieRequest({ ...bad, test: true }, incident).body).toMatchObject({ priority: 'P5' });
  });
});

describe('mail', () => {
  test('its subject is the first line, without line breaks, and short', () => {
    const { subject, text, headers } = mailOf({ ...firing, database: 'sh\r\nBcc: a@b' });
    expect(subject).toBe('[BACKUP FAILURE] sh  Bcc: a@b: dump failed after 3 attempts (DumpError)');
    expect(text).toContain('dump shop: connection refused');
    expect(headers).toEqual({ 'Auto-Submitted': 'auto-generated' });
    expect(mailOf(endlessNames).subject.length).toBeLessThan(400);
  });
});
