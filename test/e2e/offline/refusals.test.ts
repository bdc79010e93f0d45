import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { endStacks, stackPorts, startStack } from '../../support/servers/local-stack.ts';
import { freePort, PASSWORD, startTestPostgres, type TestPostgres } from '../../support/servers/postgres.ts';

let postgres: TestPostgres;

beforeAll(async () => {
  postgres = await startTestPostgres();
  await postgres.createDatabase('shop');
});

afterAll(async () => {
  await endStacks();
  await postgres?.end();
});

type Changes = Readonly<Record<string, string | number>>;

describe.concurrent('a start that cannot be', () => {
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
  ])('%s: one sentence, exit code 1, and nothing is left', async (_, changes, sentence) => {
    await expectRefusal(await changes(), sentence);
  });

  test.each(['METRICS_PORT', 'LOCAL_LAMBDA_PORT', 'LOCAL_NOTIFY_PORT'])('%s in use', async (variable) => {
    const squatter = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void squatter.close());

    await expectRefusal(
      { [variable]: await portOf(squatter) },
      new RegExp(`: the port is in use by another program\nHint: .*set ${variable}`),
    );
  });

  test('a machine without the programs of util-linux', async () => {
    const bin = mkdtempSync(join(tmpdir(), 'pgvouch-bin-'));
    onTestFinished(() => rmSync(bin, { recursive: true, force: true }));
    for (const program of ['node', 'npm', 'sh', 'env']) symlinkSync(which(program), join(bin, program));

    await expectRefusal({ PATH: bin, POSTGRES_HOST: '' }, /setpriv cannot be run\nHint: install util-linux/);
  });

  test('a failure ends the embedded server that is just starting', async () => {
    await expectRefusal({ POSTGRES_HOST: '', MINIO_ACCESS_KEY: 'nobody' }, /^open bucket .*InvalidAccessKeyId/);
  });
});

/** Everything external, so that nothing but the functions would start; the changes make it impossible. */
async function expectRefusal(changes: Changes, sentence: RegExp): Promise<void> {
  const stateDir = mkdtempSync(join(tmpdir(), 'pgvouch-refused-'));
  onTestFinished(() => rmSync(stateDir, { recursive: true, force: true }));
  const { endpoint, accessKeyId, secretAccessKey } = inject('s3');
  const stack = startStack({
    ...(await stackPorts()),
    ...{ PGVOUCH_STATE_DIR: stateDir, PG_CLIENT_DIR: inject('pgClientRoots').join(delimiter) },
    ...{ MINIO_ENDPOINT: endpoint, MINIO_ACCESS_KEY: accessKeyId, MINIO_SECRET_KEY: secretAccessKey },
    ...{ POSTGRES_HOST: postgres.target.host, POSTGRES_PORT: String(postgres.target.port), POSTGRES_DB: 'shop' },
    ...{ POSTGRES_USER: postgres.target.user, POSTGRES_PASSWORD: PASSWORD },
    ...Object.fromEntries(Object.entries(changes).map(([name, value]) => [name, String(value)])),
  });

  expect(await stack.ended).toEqual({ exitCode: 1, signal: null });

  const told = stack.stderr().replace(/^npm .*\n/gm, '');
  expect(told).toMatch(/^\npgvouch cannot continue\. .+(\nHint: .+)?\n$/);
  expect(told.replace('\npgvouch cannot continue. ', '')).toMatch(sentence);
  expect(stack.output()).not.toMatch(/^\s+at |s3cret/m);
  expect(processesNaming(stateDir)).toEqual([]);
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
