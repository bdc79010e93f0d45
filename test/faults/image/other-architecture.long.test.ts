import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import pino from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hostArchitecture } from '../../../layers/debian/debian-packages.ts';
import { findClientPrograms } from '../../../layers/postgres/programs/client-programs.ts';
import { testStateDir } from '../../support/servers/ceph.ts';
import { emulatorOf } from '../../support/servers/foreign-machine.ts';
import { nameOf, verifyOrRaise, world } from '../../support/world/world.ts';

/** What an image for the other architecture has, run by an emulator: initdb alone takes a minute there. */
const PATIENCE_MS = 900_000;
const other = hostArchitecture() === 'amd64' ? 'arm64' : 'amd64';
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'pgvouch-other-'));
  const env = { ...process.env, TARGETARCH: other, SCRATCH_MAJORS: '18', SCRATCH_LOCALES: 'en_US.UTF-8' };
  const args = ['deploy/image/assemble.ts', '--into', folder];
  await promisify(execFile)('node_modules/.bin/tsx', args, { env: { ...env, PGVOUCH_STATE_DIR: testStateDir } });
  // The server runs as nobody.
  await chmod(folder, 0o755);
  const emulator = (await emulatorOf(other)).join(' ');
  for (const bin of ['pg-client/15/bin', 'pg-client/17/bin', 'pg-client/18/bin', 'scratch-postgres/18/bin']) {
    for (const name of await readdir(path.join(folder, 'opt', bin))) {
      const script = path.join(folder, 'opt', bin, name);
      const text = await readFile(script, 'utf8');
      expect(text).toMatch(/^exec "\$/m);
      await writeFile(script, text.replace(/^exec "\$/m, `exec ${emulator} "$`));
    }
  }
}, PATIENCE_MS);
afterAll(() => rm(folder, { recursive: true, force: true }));

test(
  `the programs for ${other} dump a database, start a server, and restore it there`,
  async () => {
    const majors = [15, 17, 18].map((major) => path.join(folder, `opt/pg-client/${major}/bin`));
    const programs = await findClientPrograms(majors);
    expect(programs.map(({ major }) => major).sort()).toEqual([15, 17, 18]);

    const here = await world({ clientFolders: majors });
    await here.sql(`CREATE TABLE orders AS SELECT g AS id, md5(g::text) AS note FROM generate_series(1, 1000) g;
    CREATE INDEX ON orders (note COLLATE "de-x-icu"); CREATE EXTENSION pgcrypto`);
    const manifest = await here.dump(undefined, { deadlineMs: PATIENCE_MS });
    const deps = {
      ...{ vault: here.vault, clientPrograms: async () => programs, clock: () => new Date() },
      log: pino({ level: 'silent' }),
      drillPlace: { installations: [path.join(folder, 'opt/scratch-postgres/18')], server: undefined, folder },
    };
    const request = { ...nameOf(manifest), signal: AbortSignal.timeout(PATIENCE_MS), as: 'new' as const };
    expect(await verifyOrRaise(deps, request)).toMatchObject({ verdict: 'restorable' });
  },
  PATIENCE_MS,
);
