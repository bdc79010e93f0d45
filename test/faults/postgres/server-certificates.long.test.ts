import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { connect } from '../../../layers/postgres/connect/connection.ts';
import type { ConnectionTarget } from '../../../layers/postgres/connect/target.ts';
import { askLibpq } from '../../support/servers/login-server.ts';
import { startTestPostgres } from '../../support/servers/postgres.ts';
import { serverTls, TLS } from '../../support/servers/server-tls.ts';

test.each([
  ['server', true],
  ['p384', true],
  ['rsa-pss', true],
  // PostgreSQL itself finds no digest for it.
  ['ed25519', false],
])('channel binding to the certificate %s: node-postgres and libpq end up the same', async (name, binds) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'pgvouch-certificates-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const server = await startTestPostgres({
    settings: serverTls(folder, name),
    hba: '\nhost all all all scram-sha-256',
  });
  onTestFinished(() => server.end());
  const sslRootCert = path.join(TLS, name === 'server' ? 'ca.pem' : `${name}.pem`);
  for (const channelBinding of ['disable', 'prefer', 'require'] as const) {
    const target: ConnectionTarget = { ...server.target, sslMode: 'verify-ca', sslRootCert, channelBinding };
    const node = () => connect(target, 'postgres').then((client) => client.end());
    const libpq = () => askLibpq(target, 'SELECT 1');
    if (binds || channelBinding === 'disable') {
      await node();
      expect(await libpq()).toBe('1');
    } else {
      await expect(libpq()).rejects.toThrow('could not find digest');
      await expect(node()).rejects.toMatchObject({ hint: expect.stringContaining('set PGCHANNELBINDING=disable') });
    }
  }
});
