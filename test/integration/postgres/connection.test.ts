import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { PostgresConfig } from '../../../layers/postgres/connect/config.ts';
import { connect, libpqEnvironment } from '../../../layers/postgres/connect/connection.ts';
import { withPassword } from '../../../layers/postgres/connect/password.ts';
import type { ConnectionTarget } from '../../../layers/postgres/connect/target.ts';
import { rdsToken } from '../../../layers/secrets/rds-token.ts';
import { SSL_MODES } from '../../../layers/settings/database-variables.ts';
import { freePort, PASSWORD, startTestPostgres, type TestPostgres } from '../../support/servers/postgres.ts';
import { serverTls, TLS } from '../../support/servers/server-tls.ts';
import { clientBin } from '../../support/world/client-folder.ts';

const ROOTS = { none: undefined, right: path.join(TLS, 'ca.pem'), wrong: path.join(TLS, 'other-ca.pem') };
/** The roles that pg_hba.conf lets in: however, with TLS only, without TLS only. */
const HBA = `
host      all postgres  127.0.0.1/32 scram-sha-256
hostssl   all only_tls  127.0.0.1/32 scram-sha-256
hostnossl all no_tls    127.0.0.1/32 scram-sha-256
hostssl   all by_iam    127.0.0.1/32 password`;

let withTls: TestPostgres;
let withoutTls: TestPostgres;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'pgvouch-tls-'));
  const settings = serverTls(folder);
  [withTls, withoutTls] = await Promise.all([startTestPostgres({ settings, hba: HBA }), startTestPostgres()]);
  for (const name of ['only_tls', 'no_tls']) {
    await withTls.sql('postgres', `CREATE ROLE ${name} LOGIN PASSWORD '${PASSWORD.replaceAll("'", "''")}'`);
  }
});

afterAll(async () => {
  await Promise.all([withTls?.end(), withoutTls?.end()]);
  rmSync(folder, { recursive: true, force: true });
});

type Outcome = 'encrypted' | 'plain' | 'refused';
const ASK = 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()';

async function byNode(target: ConnectionTarget): Promise<Outcome> {
  const client = await connect(target, 'postgres').catch((error) => {
    if (error.name !== 'DumpError') throw error;
    return undefined;
  });
  if (client === undefined) return 'refused';
  const { rows } = await client.query<{ ssl: boolean }>(ASK);
  await client.end();
  return rows[0]?.ssl ? 'encrypted' : 'plain';
}

async function byLibpq(target: ConnectionTarget): Promise<Outcome> {
  const psql = path.join(clientBin(18), 'psql');
  const env = libpqEnvironment(await withPassword(target, 'postgres'), 'postgres');
  const asked = promisify(execFile)(psql, ['--no-psqlrc', '--no-password', '-tAc', ASK], { env });
  const answer = await asked.then(({ stdout }) => stdout.trim()).catch(() => 'refused');
  return answer === 't' ? 'encrypted' : answer === 'f' ? 'plain' : 'refused';
}

describe.each(SSL_MODES)('sslmode=%s', (sslMode) => {
  test.each([
    { server: 'a server with TLS', user: 'postgres' },
    { server: 'a server that wants TLS', user: 'only_tls' },
    { server: 'a server that wants none', user: 'no_tls' },
    { server: 'a server without TLS', user: undefined },
  ])('$server: node-postgres and libpq end up the same', async ({ user }) => {
    const { target } = user === undefined ? withoutTls : withTls;
    for (const [root, sslRootCert] of Object.entries(ROOTS)) {
      // The certificate is for localhost: where it is not believed anyway, one name shows as much as two.
      for (const host of root === 'right' ? ['localhost', '127.0.0.1'] : ['localhost']) {
        const here = { ...target, ...(user !== undefined && { user }), host, sslMode, sslRootCert };
        const [node, libpq] = await Promise.all([byNode(here), byLibpq(here)]);
        expect({ root, host, outcome: node }).toEqual({ root, host, outcome: libpq });
      }
    }
  });
});

test.each<[PostgresConfig['sslMode'], keyof typeof ROOTS, string, Outcome]>([
  ['disable', 'none', 'localhost', 'plain'],
  ['allow', 'none', 'localhost', 'plain'],
  ['prefer', 'none', 'localhost', 'encrypted'],
  ['require', 'none', '127.0.0.1', 'encrypted'],
  ['require', 'wrong', 'localhost', 'refused'],
  ['verify-ca', 'right', '127.0.0.1', 'encrypted'],
  ['verify-ca', 'wrong', 'localhost', 'refused'],
  ['verify-full', 'right', 'localhost', 'encrypted'],
  ['verify-full', 'right', '127.0.0.1', 'refused'],
])('sslmode=%s with %s root to %s: %s', async (sslMode, root, host, outcome) => {
  expect(await byNode({ ...withTls.target, sslMode, sslRootCert: ROOTS[root], host })).toBe(outcome);
});

describe('a connection that fails says why, what to do, and no password', () => {
  const failures: Record<string, () => { change: Partial<ConnectionTarget>; database?: string; hint: string }> = {
    'a wrong password': () => ({ change: { password: `${PASSWORD}!` }, hint: 'POSTGRES_PASSWORD' }),
    'no password': () => ({ change: { password: undefined }, hint: 'POSTGRES_PASSWORD' }),
    'an unknown role': () => ({ change: { user: 'nobody' }, hint: 'pg_hba.conf' }),
    'an unknown database': () => ({ change: {}, database: 'nowhere', hint: 'POSTGRES_DB' }),
    'an encryption that pg_hba.conf does not want': () => ({
      change: { user: 'only_tls', sslMode: 'disable' },
      hint: 'PGSSLMODE',
    }),
    'an authority that did not issue the certificate': () => ({
      change: { sslMode: 'verify-ca', sslRootCert: ROOTS.wrong },
      hint: 'PGSSLROOTCERT',
    }),
    'a certificate for another name': () => ({
      change: { sslMode: 'verify-full', sslRootCert: ROOTS.right, host: '127.0.0.1' },
      hint: 'POSTGRES_HOST',
    }),
    'no TLS where it is required': () => ({
      change: { sslMode: 'require', port: withoutTls.target.port },
      hint: 'the server has no TLS',
    }),
    'a name that is not known': () => ({ change: { host: 'nowhere.invalid' }, hint: 'POSTGRES_HOST' }),
  };

  test.each(Object.keys(failures))('%s', async (what) => {
    const { change, database = 'postgres', hint } = failures[what]?.() ?? { change: {}, hint: '' };
    const error = await connect({ ...withTls.target, ...change }, database).catch((reason) => reason);
    expect(error).toMatchObject({ name: 'DumpError', hint: expect.stringContaining(hint) });
    expect(`${error} ${JSON.stringify(error)} ${error.cause}`).not.toContain(PASSWORD.slice(0, 6));
  });

  test('a port where nothing listens', async () => {
    const port = await freePort();
    await expect(connect({ ...withTls.target, port }, 'postgres')).rejects.toMatchObject({
      name: 'DumpError',
      hint: expect.stringContaining('POSTGRES_PORT'),
    });
  });

  test('a host that takes the connection and says nothing: after the connect timeout', async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    const target = { ...withTls.target, port, connectTimeoutMs: 1_000 };
    await expect(connect(target, 'postgres')).rejects.toMatchObject({
      name: 'DumpError',
      hint: expect.stringContaining('POSTGRES_HOST'),
    });
    silent.close();
  });

  test('a root certificate that cannot be read is the deployer’s error', async () => {
    const target = { ...withTls.target, sslMode: 'verify-full' as const, sslRootCert: '/nonexistent/ca.pem' };
    await expect(connect(target, 'postgres')).rejects.toMatchObject({
      name: 'ConfigError',
      hint: expect.stringContaining('PGSSLROOTCERT'),
    });
  });
});

test('a token of IAM logs both in, and each login has a new one', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-11-28T12:00:00Z') });
  onTestFinished(() => void vi.useRealTimers());
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY');
  onTestFinished(() => void vi.unstubAllEnvs());
  const rdsIam = { region: 'eu-central-1' };
  const verified = { sslMode: 'verify-full', sslRootCert: ROOTS.right, host: 'localhost' } as const;
  const target = { ...withTls.target, ...verified, user: 'by_iam', password: undefined, rdsIam };
  // As RDS does, the server takes the token for the password itself.
  const accept = async () => {
    const token = await rdsToken({ ...target, ...rdsIam });
    await withTls.sql('postgres', `ALTER ROLE by_iam PASSWORD '${token}'`);
  };
  await withTls.sql('postgres', 'CREATE ROLE by_iam LOGIN');
  await accept();
  expect([await byNode(target), await byLibpq(target)]).toEqual(['encrypted', 'encrypted']);

  vi.setSystemTime(new Date('2026-11-28T12:16:00Z'));
  expect([await byNode(target), await byLibpq(target)]).toEqual(['refused', 'refused']);
  await accept();
  expect([await byNode(target), await byLibpq(target)]).toEqual(['encrypted', 'encrypted']);
});
