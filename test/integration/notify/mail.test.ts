import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { deliver } from '../../../functions/notify/channels/deliver.ts';
import { readNotifyConfig } from '../../../functions/notify/config.ts';
import type { Notification } from '../../../layers/backup/notification.ts';
import { MAIL_USER, mailServer } from '../../support/servers/mail-server.ts';
import { TLS } from '../../support/servers/server-tls.ts';
import { closedPort } from '../../support/servers/webhook-server.ts';

const at = '2026-11-22T02:03:41.568Z';
const told: Notification = {
  ...{ format: 'pgvouch/failure', formatVersion: 1, at, function: 'dump', database: 'größe', attempts: 3 },
  error: { type: 'DumpError', problem: 'connection refused' },
  ...{ requestId: 'e4b46cbf', status: 'firing', since: at, count: 1 },
  links: { runbook: 'docs/runbook.md' },
};

/** Sends it as notify does with these variables. */
async function mailTo(url: string, env: Record<string, string> = {}) {
  const { channels } = readNotifyConfig({
    ...{ BACKUP_SMTP_URL: url, BACKUP_MAIL_FROM: 'pgvouch@mail.example' },
    ...{ BACKUP_MAIL_TO: 'ops@mail.example, dba@mail.example', BACKUP_SMTP_ROOT_CERT: path.join(TLS, 'ca.pem') },
    ...env,
  });
  const [channel] = channels;
  if (channel === undefined) throw new Error('there is no channel');
  return deliver(channel, { told, incident: 'x' }, new Date(at));
}

describe('a server with TLS takes mail from a user', () => {
  test.each([
    ['by STARTTLS', {}],
    ['from the first byte', { secure: true }],
  ])('%s', async (_, options) => {
    const { mails, url } = await mailServer(options);
    expect(await mailTo(url)).toBeUndefined();
    expect(mails).toMatchObject([
      {
        ...{ user: MAIL_USER.user, secure: true, from: 'pgvouch@mail.example' },
        to: ['ops@mail.example', 'dba@mail.example'],
      },
    ]);
    expect(mails[0]?.text).toContain('Auto-Submitted: auto-generated');
    expect(mails[0]?.text).toMatch(/^Subject: =\?UTF-8\?/im);
    expect(mails[0]?.text).toContain('connection refused');
  });
});

describe('no mail and no password in the clear', () => {
  test('a server without STARTTLS gets nothing, unless TLS is turned off', async () => {
    const { mails, url } = await mailServer({ disabledCommands: ['STARTTLS'], allowInsecureAuth: true });
    await expect(mailTo(url)).rejects.toThrow(/^localhost:\d+ did not take the mail: .*STARTTLS/);
    expect(mails).toEqual([]);
    await mailTo(url, { BACKUP_SMTP_TLS: 'off' });
    expect(mails).toMatchObject([{ user: MAIL_USER.user, secure: false }]);
  });

  test('a certificate that another authority signed is refused', async () => {
    const { mails, url } = await mailServer({ secure: true });
    await expect(mailTo(url, { BACKUP_SMTP_ROOT_CERT: path.join(TLS, 'other-ca.pem') })).rejects.toThrow(/certificate/);
    expect(mails).toEqual([]);
  });
});

describe('what a server refuses', () => {
  test('a wrong password: once, and it is not repeated', async () => {
    const { url } = await mailServer();
    const wrong = url.replace('T0k3n', 'S3cret');
    await expect(mailTo(wrong)).rejects.toThrow(/did not take the mail: .*535/);
    await expect(mailTo(wrong)).rejects.not.toThrow(/S3cret/);
  });

  test('for now: it is tried again', async () => {
    let tries = 0;
    const { mails, url } = await mailServer({
      onMailFrom(_address, _session, done) {
        tries++;
        if (tries === 1) done(Object.assign(new Error('try again later'), { responseCode: 451 }));
        else done();
      },
    });
    await mailTo(url);
    expect(mails).toHaveLength(1);
  });

  test('one of two addresses: the other gets it, and the remark says so', async () => {
    const { mails, url } = await mailServer({
      onRcptTo({ address }, _session, done) {
        if (address.startsWith('dba')) done(Object.assign(new Error('no such user'), { responseCode: 550 }));
        else done();
      },
    });
    expect(await mailTo(url)).toBe('the mail server refused dba@mail.example');
    expect(mails).toMatchObject([{ to: ['ops@mail.example'] }]);
  });

  test('everything, since nothing listens', async () => {
    const port = await closedPort();
    await expect(mailTo(`smtp://me:T0k3n@127.0.0.1:${port}`)).rejects.toThrow(
      new RegExp(`^127\\.0\\.0\\.1:${port} did not take the mail: .*ECONNREFUSED`),
    );
  });
});
