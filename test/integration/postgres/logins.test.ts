import { execFile } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { readPostgresConfig } from '../../../layers/postgres/connect/config.ts';
import { connect, libpqEnvironment } from '../../../layers/postgres/connect/connection.ts';
import { passwordIn } from '../../../layers/postgres/connect/passfile.ts';
import { readTarget } from '../../../layers/postgres/connect/read-target.ts';
import type { ConnectionTarget } from '../../../layers/postgres/connect/target.ts';
import { readEnvironment } from '../../../layers/settings/environment.ts';
import {
  askBoth,
  askLibpq,
  clientCertificate,
  type LoginServer,
  startLoginServer,
} from '../../support/servers/login-server.ts';
import { PASSWORD } from '../../support/servers/postgres.ts';
import { TLS } from '../../support/servers/server-tls.ts';
import { clientBin } from '../../support/world/client-folder.ts';

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

describe('a password file', () => {
  /** A file with permissions that the test chooses. */
  function passfile(text: string, mode = 0o600): string {
    const file = path.join(server.folder, `pgpass-${mode.toString(8)}`);
    writeFileSync(file, text);
    chmodSync(file, mode);
    return file;
  }
  const fromFile = (text: string) => ({ ...server.target, password: undefined, passfile: passfile(text) });
  const escaped = PASSWORD.replaceAll('\\', '\\\\').replaceAll(':', '\\:');

  test('its first line that fits logs both in, and it is read at every login', async () => {
    const target = fromFile(
      `# of tests\nelsewhere:*:*:*:wrong\n127.0.0.1:${server.target.port}:postgres:*:${escaped}\n*:*:*:*:wrong`,
    );
    expect(await askBoth(target, 'SELECT current_user')).toEqual({ node: 'postgres', libpq: 'postgres' });
    passfile('*:*:*:*:wrong');
    await expect(connect(target, 'postgres')).rejects.toMatchObject({ hint: expect.stringContaining('PGPASSFILE') });
    passfile('elsewhere:*:*:*:wrong');
    await expect(connect(target, 'postgres')).rejects.toMatchObject({
      hint: expect.stringContaining('a line that fits'),
    });
  });

  test('libpq reads the lines as we do', async () => {
    const { port } = server.target;
    const lines = [
      `127.0.0.1:${port}:postgres:postgres:${escaped}`,
      `\\127.0.0.1:${port}:postgres:postgres:${escaped}`,
      `*:*:*:postgres:${escaped}:and more`,
      `127.0.0.1:${port}:post\\gres:postgres:${escaped}\r`,
      `127.0.0.:${port}:*:*:${escaped}`,
      `127.0.0.1*:*:*:*:${escaped}`,
      ` 127.0.0.1:*:*:*:${escaped}`,
      `#*:*:*:*:${escaped}`,
    ];
    const login = { ...server.target, database: 'postgres' };
    const ours = lines.map((line) => passwordIn(line, login) === PASSWORD);
    const theirs: boolean[] = [];
    for (const line of lines) theirs.push(await logsIn(passfile(line)));
    expect(theirs).toEqual(ours);
    expect(new Set(ours).size).toBe(2);
  });

  /** libpq by itself, with the file in its own environment. */
  async function logsIn(file: string): Promise<boolean> {
    const { PGPASSWORD: _, ...env } = libpqEnvironment(server.target, 'postgres');
    const args = ['--no-psqlrc', '--no-password', '-tAc', 'SELECT 1'];
    const asked = promisify(execFile)(path.join(clientBin(18), 'psql'), args, { env: { ...env, PGPASSFILE: file } });
    return asked.then(
      () => true,
      () => false,
    );
  }

  test('one that others can read is refused', async () => {
    const target = { ...server.target, password: undefined, passfile: passfile('*:*:*:*:hunter2', 0o640) };
    const error = await connect(target, 'postgres').catch(refusal);
    expect(error).toMatchObject({ name: 'ConfigError', subject: target.passfile });
    expect(`${error}`).toMatch(/group or others have access.*chmod 600/s);
    expect(`${error}`).not.toContain('hunter2');
  });
});

test('a service of a service file: libpq by itself reads the same', async () => {
  const file = path.join(server.folder, 'pg_service.conf');
  const { host, port, user } = server.target;
  const service = `[other]\nhost=elsewhere\n[shop]\nhost=${host}\nport=${port}\nuser=${user}\npassword=${PASSWORD}\ndbname=shop\n`;
  writeFileSync(file, service);
  const env = { PGSERVICE: 'shop', PGSERVICEFILE: file, PGSSLMODE: 'require' };
  const target = await readTarget(readPostgresConfig(readEnvironment(env, 'the test')), 0, { database: 'postgres' });
  const ask = 'SELECT current_user || ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()';
  expect(await askBoth(target, ask)).toEqual({ node: 'postgrestrue', libpq: 'postgrestrue' });
  const psql = promisify(execFile)(
    path.join(clientBin(18), 'psql'),
    ['--no-psqlrc', '--dbname=postgres', '-tAc', ask],
    {
      env,
    },
  );
  expect((await psql).stdout.trim()).toBe('postgrestrue');
});

test.each<[string, (word: (text: string) => string) => string]>([
  ['a URL', () => `postgres://%2Fnowhere/?host=HOST&port=PORT&user=USER&password=URL_PASSWORD&sslmode=require`],
  ['pairs', (quoted) => `host=HOST port = PORT user='USER' password=${quoted(PASSWORD)} sslmode=require`],
])('a connection string, %s: libpq by itself reads the same', async (_, text) => {
  const { host, port, user } = server.target;
  const quoted = (word: string) => `'${word.replace(/['\\]/g, '\\$&')}'`;
  const url = Object.entries({
    HOST: host,
    PORT: `${port}`,
    USER: user,
    URL_PASSWORD: encodeURIComponent(PASSWORD),
  }).reduce((whole, [name, value]) => whole.replace(name, () => value), text(quoted));
  const config = readPostgresConfig(readEnvironment({ POSTGRES_URL: url }, 'the test'));
  const target = await readTarget(config, 0, { database: 'postgres' });
  const ask = 'SELECT current_user || ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()';
  expect(await askBoth(target, ask)).toEqual({ node: 'postgrestrue', libpq: 'postgrestrue' });
  const args = ['--no-psqlrc', '-tAc', ask, `--dbname=${url}`];
  const psql = promisify(execFile)(path.join(clientBin(18), 'psql'), args, { env: { PGDATABASE: 'postgres' } });
  expect((await psql).stdout.trim()).toBe('postgrestrue');
});

describe('a Unix socket', () => {
  const ASK = "SELECT current_user || ' ' || (inet_client_addr() IS NULL)";

  test.each(['folder', 'abstract'] as const)('peer lets in whoever is who they say, %s', async (kind) => {
    const { peer, sockets, target } = server;
    const here = { ...target, host: sockets[kind], user: peer, password: undefined };
    expect(await askBoth(here, ASK)).toEqual({ node: `${peer} true`, libpq: `${peer} true` });
    const other = await connect({ ...here, user: 'other_role' }, 'postgres').catch(refusal);
    expect(other).toMatchObject({ name: 'DumpError', message: expect.stringContaining('Peer authentication failed') });
    const nobody = await connect({ ...here, port: 1 }, 'postgres').catch(refusal);
    expect(nobody).toMatchObject({ name: 'DumpError', hint: expect.stringContaining('POSTGRES_HOST') });
  });
});

describe('channel binding', () => {
  const at = (change: Partial<ConnectionTarget>) => ({ ...server.target, ...change });
  const outcome = (logIn: Promise<unknown>) =>
    logIn.then(
      () => 'in',
      () => 'refused',
    );

  test.each(['disable', 'prefer', 'require'] as const)(
    '%s: node-postgres and libpq end up the same',
    async (channelBinding) => {
      const byCertificate = {
        user: 'by_certificate',
        password: undefined,
        clientCertificate: clientCertificate(server),
      };
      const outcomes: string[] = [];
      for (const change of [
        { sslMode: 'require' },
        { sslMode: 'disable' },
        { sslMode: 'require', ...byCertificate },
      ] as const) {
        const target = at({ ...change, channelBinding });
        const node = await outcome(connect(target, 'postgres').then((client) => client.end()));
        expect({ change, outcome: node }).toEqual({ change, outcome: await outcome(askLibpq(target, 'SELECT 1')) });
        outcomes.push(node);
      }
      expect(outcomes).toEqual(channelBinding === 'require' ? ['in', 'refused', 'refused'] : ['in', 'in', 'in']);
    },
  );

  test('a server that asks for the password itself gets nothing', async () => {
    const got: Buffer[] = [];
    let end = () => {};
    const closed = new Promise<void>((resolve) => {
      end = resolve;
    });
    const liar = createServer((socket) => {
      socket.once('data', () => {
        socket.on('data', (bytes) => got.push(bytes));
        socket.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]));
      });
      socket.once('close', () => end());
      socket.on('error', () => {});
    });
    await new Promise<void>((resolve) => liar.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void liar.close());
    const { port } = liar.address() as AddressInfo;
    const error = await connect(at({ port, sslMode: 'disable', channelBinding: 'require' }), 'postgres').catch(refusal);
    expect(error).toMatchObject({
      name: 'ConfigError',
      problem: expect.stringMatching(/^the server asks for the password itself, but/),
    });
    await closed;
    expect(Buffer.concat(got).toString('latin1')).not.toContain(PASSWORD.slice(0, 6));
  });
});
