import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test, vi } from 'vitest';
import { bringUp } from '../../../events/offline/bring-up.ts';
import { readLocalConfig } from '../../../events/offline/config.ts';
import { checkConfiguration, functionEnvironment } from '../../../events/offline/environment.ts';
import { localSecrets } from '../../../events/offline/servers/secrets.ts';
import { PgvouchError } from '../../../layers/backup/errors.ts';
import { endStacks, stackPorts, startStack } from '../../support/servers/local-stack.ts';
import { freePort, PASSWORD } from '../../support/servers/postgres.ts';
import { isAlive, kill } from '../../support/servers/processes.ts';
import { sharedPostgres } from '../../support/world/world.ts';
import { freshVaultConfig } from '../../support/world/world-vault.ts';

beforeAll(async () => {
  await (await sharedPostgres()).createDatabase('shop');
});

afterAll(endStacks);

type Changes = Readonly<Record<string, string | number>>;

describe('a start that cannot be is refused with one sentence:', () => {
  test.each<[string, () => Changes | Promise<Changes>, RegExp]>([
    [
      'an unreachable PostgreSQL',
      async () => ({ POSTGRES_PORT: await freePort() }),
      /^connect to 127\.0\.0\.1:\d+, database "shop": .*ECONNREFUSED.*\nHint: .*POSTGRES_HOST and POSTGRES_PORT/,
    ],
    [
      'a wrong password',
      () => ({ POSTGRES_PASSWORD: 'not the s3cret' }),
      /^connect to .*: password authentication failed .*\nHint: the password is wrong: check POSTGRES_PASSWORD/,
    ],
    [
      'an unknown database',
      () => ({ POSTGRES_DB: 'shoop' }),
      /^connect to .* database "shoop": database "shoop" does not exist .*\nHint: .*check POSTGRES_DB/,
    ],
    [
      'an unreachable bucket server',
      async () => ({ MINIO_ENDPOINT: `http://127.0.0.1:${await freePort()}` }),
      /^open bucket postgres-backups: ECONNREFUSED.*\nHint: .*MINIO_ENDPOINT/,
    ],
    [
      'a wrong access key',
      () => ({ MINIO_ACCESS_KEY: 'nobody' }),
      /^open bucket postgres-backups: InvalidAccessKeyId.*\nHint: .*MINIO_ACCESS_KEY/,
    ],
    [
      'no client programs',
      () => ({ PG_CLIENT_DIR: tmpdir() }),
      /^find pg_dump in .*: there is none\nHint: PG_CLIENT_DIR must name a folder/,
    ],
    [
      'configuration with several faults',
      () => ({
        ...{ POSTGRES_USER: '', MINIO_SECRET_KEY: '', METRICS_PORT: 'x', RETENTION_DAYS: 'a month' },
        ...{ POSTGRES_DBS: 'shop', POSTGRES_DB: '', DUMP_SCHEDULE: '0 2 * * *', BACKUP_WEBHOOK_URL: 's3cret' },
      }),
      /^read configuration: (?=.*METRICS_PORT must)(?=.*POSTGRES_USER is not set)(?=.*POSTGRES_DBS must be a JSON array)(?=.*MINIO_SECRET_KEY is not set)(?=.*DUMP_SCHEDULE must be cron)(?=.*RETENTION_DAYS must)(?=.*BACKUP_WEBHOOK_URL must)/,
    ],
  ])('%s', async (_, changes, sentence) => {
    expectSentence(await refusalOf(await changes()), sentence);
  });

  test.each(['METRICS_PORT', 'LOCAL_LAMBDA_PORT', 'LOCAL_NOTIFY_PORT'])('%s in use', async (variable) => {
    const squatter = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void squatter.close());
    const refusal = await refusalOf({ [variable]: await portOf(squatter) });
    expectSentence(refusal, new RegExp(`: the port is in use by another program\nHint: .*set ${variable}`));
  });

  test('a machine without the programs of util-linux', async () => {
    const bin = mkdtempSync(join(tmpdir(), 'pgvouch-bin-'));
    onTestFinished(() => rmSync(bin, { recursive: true, force: true }));
    for (const program of ['node', 'sh', 'env']) symlinkSync(which(program), join(bin, program));
    vi.stubEnv('PATH', bin);
    onTestFinished(() => void vi.unstubAllEnvs());
    expectSentence(await refusalOf({ POSTGRES_HOST: '' }), /setpriv cannot be run\nHint: install util-linux/);
  });
});

test('a start that is refused prints it, exits with 1, and leaves nothing, not even a server that is just starting', async () => {
  await expectRefusal({ POSTGRES_HOST: '', MINIO_ACCESS_KEY: 'nobody' }, /^open bucket .*InvalidAccessKeyId/);
});

test('a bad pgvouch.yaml is refused in the same way', async () => {
  const changes = { PGVOUCH_CONFIG: fileOf('server: {password: s3cret}') };
  await expectRefusal(changes, /^read configuration: .+\.yaml:1:20: server\.password is a secret and must not stand/);
});

test('an embedded server that ends by itself ends the stack, with a sentence', async () => {
  const { bucket: BACKUP_BUCKET } = freshVaultConfig();
  const FAR_OFF = 'cron(0 0 1 1 ? 2099)';
  const PGVOUCH_CONFIG = fileOf(`{schedule: ${FAR_OFF}, bucket: {name: ${BACKUP_BUCKET}}}`);
  const stack = startStack(await environment({ POSTGRES_HOST: '', PGVOUCH_CONFIG }));
  await stack.printed(/databases +shop on embedded PostgreSQL 18\.\d/);
  expect(stack.output()).toContain(`by ${FAR_OFF}`);
  const running = stack.descendants();
  const [postmaster] = [...running].find(([, commandLine]) => /^\S*\/bin\/postgres -D/.test(commandLine)) ?? [];

  kill(postmaster);

  expect(await stack.ended).toEqual({ exitCode: 1, signal: null });
  expect(stack.stderr()).toMatch(
    /^pgvouch cannot continue\. the embedded PostgreSQL ended: .+\nHint: .*state folder$/m,
  );
  expect([...running.keys()].filter(isAlive)).toEqual([]);
});

/** What keeps the servers of the local stack from being there, as it is printed. */
async function refusalOf(changes: Changes): Promise<string> {
  const env = await environment(changes);
  const giveUp = new AbortController();
  const lifecycle = {
    signal: giveUp.signal,
    onStop: (server: { stop(): Promise<void> }) => onTestFinished(server.stop),
    ...{ onClose() {}, spareChildren() {}, fail: (error: unknown) => Promise.reject(error) },
  };
  const terminal = { line() {}, progress() {}, finished: () => undefined, close() {} };
  try {
    checkConfiguration([{ name: undefined, env }]);
    const config = readLocalConfig(env);
    const secrets = localSecrets(config.stateDir);
    await bringUp(config, [{ name: undefined, config, env: functionEnvironment(env, config, secrets) }], secrets, {
      lifecycle,
      terminal,
    });
  } catch (error) {
    expect(error).toBeInstanceOf(PgvouchError);
    return (error as Error).message;
  } finally {
    giveUp.abort();
  }
  throw new Error('it was not refused');
}

function fileOf(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'pgvouch-file-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'pgvouch.yaml'), text);
  return join(folder, 'pgvouch.yaml');
}

function expectSentence(refusal: string, sentence: RegExp): void {
  expect(refusal).toMatch(/^.+(\nHint: .+)?$/);
  expect(refusal).toMatch(sentence);
  expect(refusal).not.toContain('s3cret');
}

async function expectRefusal(changes: Changes, sentence: RegExp): Promise<void> {
  const env = await environment(changes);
  const stack = startStack(env);

  expect(await stack.ended).toEqual({ exitCode: 1, signal: null });

  const [told = '', start] = [stack.stderr().replace(/^npm .*\n/gm, ''), '\npgvouch cannot continue. '];
  expect(told.startsWith(start) && told.endsWith('\n'), told).toBe(true);
  expectSentence(told.slice(start.length, -1), sentence);
  expect(stack.output()).not.toMatch(/^\s+at |s3cret/m);
  expect(processesNaming(env.PGVOUCH_STATE_DIR ?? '')).toEqual([]);
}

/** Everything external, so that nothing but the functions would start; the changes make it impossible. */
async function environment(changes: Changes): Promise<Record<string, string>> {
  const stateDir = mkdtempSync(join(tmpdir(), 'pgvouch-refused-'));
  onTestFinished(() => rmSync(stateDir, { recursive: true, force: true }));
  const { endpoint, accessKeyId, secretAccessKey } = inject('s3');
  const { target } = await sharedPostgres();
  return {
    ...(await stackPorts()),
    ...{ PGVOUCH_STATE_DIR: stateDir, PG_CLIENT_DIR: inject('pgClientRoots').join(delimiter) },
    ...{ MINIO_ENDPOINT: endpoint, MINIO_ACCESS_KEY: accessKeyId, MINIO_SECRET_KEY: secretAccessKey },
    ...{ POSTGRES_HOST: target.host, POSTGRES_PORT: String(target.port), POSTGRES_DB: 'shop' },
    ...{ POSTGRES_USER: target.user, POSTGRES_PASSWORD: PASSWORD },
    ...Object.fromEntries(Object.entries(changes).map(([name, value]) => [name, String(value)])),
  };
}

function processesNaming(text: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        return [];
      }
    })
    .filter((commandLine) => commandLine.includes(text));
}

async function portOf(server: Server): Promise<number> {
  if (!server.listening) await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

function which(program: string): string {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const found = folders.find((folder) => readable(folder).includes(program));
  if (found === undefined) throw new Error(`no ${program} in PATH`);
  return join(found, program);
}

function readable(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
