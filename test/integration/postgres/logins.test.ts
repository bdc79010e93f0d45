import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../../../layers/postgres/connect/connection.ts';
import {
  askBoth,
  askLibpq,
  clientCertificate,
  type LoginServer,
  startLoginServer,
} from '../../support/servers/login-server.ts';
import { TLS } from '../../support/servers/server-tls.ts';

let server: LoginServer;
beforeAll(async () => {
  server = await startLoginServer();
});
afterAll(() => server?.end());

const refusal = (error: unknown) => error;

describe('a client certificate', () => {
  const asRole = () => ({ ...server.target, host: '127.0.0.1', user: 'by_certificate', password: undefined });

  test.each(['prefer', 'require', 'verify-ca'] as const)('logs in without a password, sslmode=%s', async (sslMode) => {
    const sslRootCert = sslMode === 'verify-ca' ? path.join(TLS, 'ca.pem') : undefined;
    const target = { ...asRole(), sslMode, sslRootCert, clientCertificate: clientCertificate(server) };
    const who = await askBoth(target, "SELECT user || ' ' || ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
    expect(who).toEqual({ node: 'by_certificate true', libpq: 'by_certificate true' });
  });

  test('a key that others can read is refused before anything starts, as libpq does', async () => {
    const target = { ...asRole(), sslMode: 'require' as const, clientCertificate: clientCertificate(server, 0o644) };
    await expect(connect(target, 'postgres')).rejects.toMatchObject({
      ...{ name: 'ConfigError', subject: target.clientCertificate.keyFile },
      problem: expect.stringContaining('its permissions are 0644'),
      hint: expect.stringContaining('chmod 600'),
    });
    await expect(askLibpq(target, 'SELECT 1')).rejects.toThrow(/has group or world access/);
  });

  test('a key of another certificate, or none, says which file', async () => {
    const { keyFile } = clientCertificate(server);
    const wrong = (files: { certFile: string; keyFile: string }) =>
      connect({ ...asRole(), sslMode: 'require', clientCertificate: files }, 'postgres').catch(refusal);
    expect(await wrong({ certFile: path.join(TLS, 'server.pem'), keyFile })).toMatchObject({
      ...{ name: 'ConfigError', subject: keyFile, hint: expect.stringContaining('PGSSLKEY must be the private key') },
    });
    expect(await wrong({ certFile: '/nonexistent/client.pem', keyFile })).toMatchObject({
      ...{ name: 'ConfigError', subject: '/nonexistent/client.pem', hint: expect.stringContaining('PGSSLCERT') },
    });
  });

  test('no certificate, or that of another role: the hint names it', async () => {
    const none = await connect({ ...asRole(), sslMode: 'require' }, 'postgres').catch(refusal);
    expect(none).toMatchObject({ name: 'DumpError', hint: expect.stringContaining('demands a client certificate') });
    const shown = { sslMode: 'require' as const, clientCertificate: clientCertificate(server) };
    const other = await connect({ ...asRole(), user: 'other_role', ...shown }, 'postgres').catch(refusal);
    expect(other).toMatchObject({ name: 'DumpError', hint: expect.stringContaining('for another role than') });
  });
});
