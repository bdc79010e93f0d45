import { describe, expect, test } from 'vitest';
import { openVault } from '../../../layers/vault/vault.ts';
import { get, scrape, watchRequests } from '../../support/servers/exporter-process.ts';
import { storeBackup } from '../../support/world/stored-backup.ts';
import { freshVault, freshVaultConfig } from '../../support/world/world-vault.ts';

test('no secret stands in what is told, whatever happens', async () => {
  const { vault } = await freshVault();
  await storeBackup(vault, { firedAt: new Date('2026-11-01T02:00:00Z'), verdict: 'readable' });
  const { server } = vault.config;
  const secrets = [server?.accessKeyId, server?.secretAccessKey, server?.endpoint, 't0ken'];
  const authorized = { authorization: 'Bearer t0ken' };
  const wrong = { ...vault.config, server: server && { ...server, secretAccessKey: 'wr0ng-s3cret' } };
  for (const config of [vault.config, wrong, freshVaultConfig()]) {
    for (const accept of ['text/plain', 'application/openmetrics-text']) {
      const token = { name: 'METRICS_TOKEN', value: 't0ken' };
      const event = get({ ...authorized, accept });
      const { statusCode, headers, body } = await scrape(openVault(config), event, { token });
      expect(statusCode).toBe(200);
      for (const secret of [...secrets, 'wr0ng-s3cret']) {
        expect(secret).toMatch(/./);
        expect(body + JSON.stringify(headers)).not.toContain(secret);
      }
    }
  }
});

describe('who may look', () => {
  const basic = (user: string, password: string) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const token = { name: 'METRICS_TOKEN', value: 't0ken\n' };

  test.each([
    ['none', {}],
    ['a wrong one', { authorization: 'Bearer t0ke' }],
    ['another scheme', { authorization: 'Basic t0ken' }],
    ['an empty one', { authorization: 'Bearer ' }],
    ['a wrong password', { authorization: basic('t0ken', 't0ke') }],
    ['an empty password', { authorization: basic('t0ken', '') }],
  ])('a request with %s is refused', async (_, headers) => {
    const { vault } = await freshVault();
    const answer = await scrape(vault, get(headers as Record<string, string>), { token });
    expect(answer.statusCode).toBe(401);
    expect(answer.headers?.['www-authenticate']).toMatch(/^Basic .*, Bearer /);
    expect(answer.body).not.toContain('pgvouch_');
  });

  test.each(['Bearer t0ken', 'bearer  t0ken', basic('anybody', 't0ken'), basic('', 't0ken')])(
    '%s is let in',
    async (authorization) => {
      const { vault } = await freshVault();
      expect((await scrape(vault, get({ authorization }), { token })).statusCode).toBe(200);
    },
  );

  test.each(['', ' ', 'my t0ken'])(
    'a token that nobody can bring lets nobody in, and the log says why: "%s"',
    async (value) => {
      const { vault } = await freshVault();
      const token = { name: 'METRICS_TOKEN', value };
      for (const authorization of ['Bearer x', `Bearer ${value}`, basic('me', value)]) {
        const { statusCode, body, lines } = await scrape(openVault(vault.config), get({ authorization }), { token });
        expect(statusCode).toBe(500);
        expect(lines.join('')).toContain('METRICS_TOKEN: it must be visible ASCII characters');
        expect(body + lines.join('')).not.toContain('my t0ken');
      }
    },
  );
});

test('that it runs it tells everybody, and asks nothing of the store', async () => {
  const { vault } = await freshVault();
  const asked = watchRequests(vault);
  const token = { name: 'METRICS_TOKEN', value: 't0ken' };
  const { statusCode, body } = await scrape(vault, get({}, '/healthz'), { token });
  expect([statusCode, body, asked]).toEqual([200, 'ok\n', []]);
});

test.each(['/healthz', '/metrics'])('HEAD %s is GET without a body', async (path) => {
  const { vault } = await freshVault();
  const { headers, statusCode } = await scrape(openVault(vault.config), get({}, path));
  expect(await scrape(vault, get({}, path, 'HEAD'))).toMatchObject({ statusCode, headers, body: '' });
});

test.each([
  ['GET', '/metrics/x'],
  ['HEAD', '/metrics/x'],
  ['POST', '/metrics'],
])('%s %s is not found', async (method, path) => {
  const { statusCode, body } = await scrape(openVault(freshVaultConfig()), get({}, path, method));
  expect([statusCode, body]).toEqual([404, method === 'HEAD' ? '' : 'not found\n']);
});
