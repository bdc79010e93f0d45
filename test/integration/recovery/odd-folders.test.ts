import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { planOrRefuse } from '../../../functions/by-hand/recover/plan-or-refuse.ts';
import { recover } from '../../../functions/by-hand/recover/recover.ts';
import { findCluster, readCluster } from '../../../layers/catalog/read-cluster.ts';
import { NOBODY } from '../../../layers/postgres/places/daemon.ts';
import { embeddedPostgres } from '../../../layers/postgres/places/embedded-installation.ts';
import { runFolder } from '../../support/run/run-folder.ts';
import { pgvouch, pgvouchProcess, variablesOf } from '../../support/servers/command-line.ts';
import { startTestPostgres, type TestPostgres } from '../../support/servers/postgres.ts';
import { stockTools } from '../../support/servers/stock-tools.ts';
import { type BaseWorld, baseWorld } from '../../support/world/base-world.ts';
import { ownFolder } from '../../support/world/recovered-base.ts';
import { recoveryWorld } from '../../support/world/recovery-world.ts';
import { folderForData, recovering } from '../../support/world/stored-cluster.ts';

/** Shells, PostgreSQL's settings and its restore_command each read something into it. */
const ODD = `it's 100%f "a=b" $x\\y`;
/** PostgreSQL takes no quotes there. */
const ODD_PLACE = 'a=b 100%f \\y';

let postgres: TestPostgres;
let here: BaseWorld;
let env: Record<string, string>;
/** Where the tablespaces were; the second is in the data directory. */
let places: string[];

beforeAll(async () => {
  // PostgreSQL's user, who calls wal-fetch, could keep no bundle of it.
  await pgvouchProcess({}, '--version');
  const settings = { full_page_writes: 'on', autovacuum: 'off', allow_in_place_tablespaces: 'on' };
  postgres = await startTestPostgres({ settings });
  const place = path.join(ownFolder('tablespace'), ODD_PLACE);
  makeOwn(place);
  await postgres.sql('postgres', `CREATE TABLESPACE there LOCATION '${place}'`);
  await postgres.sql('postgres', `CREATE TABLESPACE within LOCATION ''`);
  await postgres.sql('postgres', 'CREATE TABLE rows TABLESPACE there AS SELECT 1 AS number');
  await postgres.sql('postgres', 'CREATE TABLE others TABLESPACE within AS SELECT 10 AS number');
  here = await baseWorld(postgres);
  env = variablesOf(here.vault, postgres.target);
  const { tablespaces } = await here.stored();
  places = [place, ...tablespaces.flatMap(({ location = place }) => (location === place ? [] : [location]))];
  await postgres.sql('postgres', 'INSERT INTO rows VALUES (2); INSERT INTO others VALUES (20)');
  await here.archive();
});
afterAll(() => postgres?.end());

function makeOwn(folder: string): void {
  mkdirSync(folder);
  if (process.getuid?.() === 0) chownSync(folder, NOBODY, NOBODY);
}

const restore = (dataDir: string, moved: readonly string[], ...others: string[]) => {
  const escaped = places.map((place) => place.replace(/[=\\]/g, '\\$&'));
  const options = moved.flatMap((to, index) => ['--tablespace', `${escaped[index]}=${to}`]);
  return pgvouch(env, 'restore', '--to-dir', dataDir, ...options, ...others);
};
const oddFolder = (name: string) => {
  const folder = path.join(ownFolder(name), ODD);
  makeOwn(folder);
  return folder;
};

async function expectRows(dataDir: string): Promise<void> {
  const server = await recovering(dataDir, postgres.target);
  try {
    const all = 'SELECT number FROM rows UNION ALL SELECT number FROM others ORDER BY number';
    expect((await server.sql<{ number: number }>('postgres', all)).map(({ number }) => number)).toEqual([1, 2, 10, 20]);
  } finally {
    await server.end();
  }
}

test('tablespaces with odd names and in the data directory are moved to where somebody says, through a link, too', async () => {
  const dataDir = folderForData();
  const link = path.join(path.dirname(dataDir), 'link');
  symlinkSync(dataDir, link);
  expect(await restore(link, [oddFolder('moved'), ownFolder('moved')])).toMatchObject({ exitCode: 0 });
  await expectRows(link);
});

test('where tablespaces are to be is refused if that cannot be, before anything is there', async () => {
  const dataDir = folderForData();
  const [one, two] = [ownFolder('one'), ownFolder('two')];
  const refused = async (moved: readonly string[], ...others: string[]) => {
    const { exitCode, stderr } = await restore(dataDir, moved, ...others);
    expect([exitCode, readdirSync(dataDir)]).toEqual([2, []]);
    return stderr;
  };
  expect(await refused([])).toContain(`the cluster has tablespaces at `);
  expect(await refused([one, one])).toContain(`${one} is to hold two of data directory and tablespaces`);
  expect(await refused([one, path.join(dataDir, 'inside')])).toContain('or lies in another of them');
  expect(await refused([dataDir, one])).toContain(`${dataDir} is to hold two`);
  expect(await refused([one, two], '--tablespace', '/typo=/x')).toContain('the cluster has no tablespace at /typo');
});

test('what --print prints does the same, in an odd folder', async () => {
  const dataDir = oddFolder('printed');
  const moved = [oddFolder('moved'), ownFolder('moved')];
  const { stdout, exitCode } = await restore(dataDir, moved, '--print');
  expect(exitCode).toBe(0);
  const PATH = `${await stockTools(here.vault)}:${process.env.PATH}`;
  execFileSync('sh', ['-c', stdout], { env: { PATH }, stdio: 'pipe' });
  if (process.getuid?.() === 0) {
    execFileSync('chown', ['-R', `${NOBODY}:${NOBODY}`, dataDir, `${dataDir}.wal`, ...moved]);
  }
  await expectRows(dataDir);
});

test('a drill in an odd folder finds the cluster restorable', async () => {
  const folder = path.join(runFolder('drills'), ODD);
  mkdirSync(folder);
  for (const one of [folder, path.dirname(folder)]) chmodSync(one, 0o711);
  const { drill } = recoveryWorld(here.vault, await findCluster(here.vault, undefined));
  const [found] = await drill(undefined, { place: { installations: [embeddedPostgres()], folder } });
  expect(found).toMatchObject({ verdict: 'restorable' });
  expect(readdirSync(folder)).toEqual([]);
});

test('a base backup that is removed while it is restored: it says so, and nothing is left', async () => {
  const stored = await readCluster(here.vault, await findCluster(here.vault, undefined));
  const keys = (await here.vault.listAll()).map(({ key }) => key).filter((key) => key.includes('/base/'));
  let read = 0;
  const vault: BaseWorld['vault'] = {
    ...here.vault,
    async getBytes(...args) {
      if (++read === 2) for (const key of keys) await here.vault.remove(key);
      return here.vault.getBytes(...args);
    },
  };
  const dataDir = folderForData();
  const request = {
    ...{ stored, plan: planOrRefuse(stored, { kind: 'latest' }, undefined), dataDir },
    tablespaces: new Map(places.map((place) => [place, ownFolder('moved')])),
    ...{ pgvouch: [], environment: {}, signal: AbortSignal.timeout(100_000) },
  };
  const deps = { vault, onProgress: () => {}, combineProgram: async () => '' };
  await expect(recover(deps, request)).rejects.toMatchObject({
    name: 'VaultError',
    problem: expect.stringContaining('it is missing'),
  });
  expect(readdirSync(dataDir)).toEqual([]);
  expect(existsSync(`${dataDir}.increments`)).toBe(false);
});
