import { expect, onTestFinished, test } from 'vitest';
import { embeddedPostgres } from '../../../layers/postgres/places/embedded-installation.ts';
import { openWalsender, type Walsender } from '../../../layers/postgres/replication/walsender.ts';
import { installationOf } from '../../support/servers/installations.ts';
import { startTestPostgres, type TestPostgres } from '../../support/servers/postgres.ts';
import { expectWholeBaseBackup } from '../../support/world/whole-base-backup.ts';

const never = new AbortController().signal;

async function server(installation: string, settings: Record<string, string> = {}): Promise<TestPostgres> {
  const postgres = await startTestPostgres({ installation, settings: { full_page_writes: 'on', ...settings } });
  onTestFinished(() => postgres.end());
  return postgres;
}

async function open(postgres: TestPostgres, silentMs?: number): Promise<Walsender> {
  const walsender = await openWalsender(postgres.target, 'pgvouch base', silentMs);
  onTestFinished(() => walsender.end());
  return walsender;
}

// 17, and 18 with zstd, are in the long form.
test.each([
  { title: 'the embedded 18, which has no zstd', zstd: false, installation: async () => embeddedPostgres() },
  { title: "Debian's 15", zstd: true, installation: () => installationOf(15) },
])('$title: every tablespace is an archive, the manifest has its files, and the WAL is where it says', async (one) =>
  expectWholeBaseBackup(await one.installation(), one),
);

/** As long as a walsender of this name is there. */
async function isThere(postgres: TestPostgres): Promise<boolean> {
  const rows = await postgres.sql('postgres', `SELECT FROM pg_stat_activity WHERE backend_type = 'walsender'`);
  return rows.length > 0;
}

async function large(): Promise<TestPostgres> {
  const postgres = await server(embeddedPostgres());
  await postgres.sql('postgres', `CREATE TABLE large AS SELECT repeat('x', 1000) AS x FROM generate_series(1, 60000)`);
  return postgres;
}

test('a base backup that nobody reads waits on the server, and ends there when its signal aborts', async () => {
  const postgres = await large();
  const walsender = await open(postgres);
  const stop = new AbortController();
  const base = await walsender.baseBackup({ label: 'slow', signal: stop.signal });
  const file = await base.nextFile();
  const bytes = file?.bytes[Symbol.asyncIterator]();
  await bytes?.next();
  expect(await isThere(postgres)).toBe(true);
  stop.abort(new Error('no time is left'));
  const reading = async () => {
    while (!(await bytes?.next())?.done);
  };
  await expect(reading()).rejects.toThrow('no time is left');
  while (await isThere(postgres));
});

test('a client that is frozen is given up by the server itself', async () => {
  const postgres = await large();
  const walsender = await open(postgres, 1_500);
  const stop = new AbortController();
  onTestFinished(() => stop.abort(new Error('the test is over')));
  const base = await walsender.baseBackup({ label: 'frozen', signal: stop.signal });
  await base.nextFile();
  while (await isThere(postgres));
});

test('what the server refuses is an error with a hint, and the connection goes on', async () => {
  const postgres = await server(embeddedPostgres());
  const walsender = await open(postgres);
  const increment = walsender.baseBackup({ label: 'increment', incremental: true, signal: never });
  await expect(increment).rejects.toMatchObject({ name: 'DumpError', problem: expect.stringContaining('summar') });
  expect(await walsender.identify()).toMatchObject({ timeline: 1 });
  async function* nonsense() {
    yield Buffer.from('{"PostgreSQL-Backup-Manifest-Version": 1}');
  }
  await expect(walsender.uploadManifest(nonsense(), never)).rejects.toMatchObject({ name: 'DumpError' });
});
