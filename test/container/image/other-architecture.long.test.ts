import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import pino from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hostArchitecture } from '../../../layers/debian/debian-packages.ts';
import { runTool } from '../../../layers/debian/tool.ts';
import { findClientPrograms } from '../../../layers/postgres/programs/client-programs.ts';
import { expectDescribed } from '../../support/container/image-facts.ts';
import { copyFiles, machinesOf } from '../../support/container/image-files.ts';
import { buildImage, OWN_IMAGE, removeImages } from '../../support/container/images.ts';
import { emulatorOf } from '../../support/servers/foreign-machine.ts';
import { nameOf, verifyOrRaise, world } from '../../support/world/world.ts';

/** An emulator runs the programs: initdb alone takes a minute there. */
const PATIENCE_MS = 900_000;
/** Without 20 MB of Debian's slim image. */
const MOST_BYTES = 380e6;
/** @see elf(5), e_machine */
const MACHINES = { amd64: 62, arm64: 183 };
const other = hostArchitecture() === 'amd64' ? 'arm64' : 'amd64';
const image = `${OWN_IMAGE}-${other}`;
let folder: string;
let emulator: string[];

beforeAll(async () => {
  await buildImage({ image, architecture: other });
  folder = await copyFiles(image);
  // The server runs as nobody.
  await chmod(folder, 0o755);
  emulator = await emulatorOf(other);
}, PATIENCE_MS);
afterAll(async () => {
  await removeImages(image);
  await rm(folder, { recursive: true, force: true });
});

test(`the image for ${other} says that it is, and what the one of this machine says`, () =>
  expectDescribed(image, other, MOST_BYTES));

test(`every program and library in it is for ${other}`, async () => {
  const machines = await machinesOf(image);
  expect([...machines.keys()]).toEqual(
    expect.arrayContaining(['usr/local/bin/node', 'usr/bin/tini', 'usr/bin/bash', 'opt/pg-client/18/libexec/pg_dump']),
  );
  expect([...machines].filter(([, machine]) => machine !== MACHINES[other])).toEqual([]);
});

test('its Node runs its command line', async () => {
  const [command = '', ...args] = [...emulator, '-L', folder];
  const node = path.join(folder, 'usr/local/bin/node');
  const said = await runTool(command, [
    ...args,
    node,
    path.join(folder, 'opt/pgvouch/deploy/package/pgvouch.mjs'),
    '--help',
  ]);
  expect(said).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('restore') });
});

test(
  'its programs dump a database, start a server, and restore it there',
  async () => {
    for (const bin of ['pg-client/15/bin', 'pg-client/17/bin', 'pg-client/18/bin', 'scratch-postgres/18/bin']) {
      for (const name of await readdir(path.join(folder, 'opt', bin))) {
        await putBeforeProgram(path.join(folder, 'opt', bin, name), emulator);
      }
    }
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

async function putBeforeProgram(script: string, command: readonly string[]): Promise<void> {
  const text = await readFile(script, 'utf8');
  expect(text).toMatch(/^exec "\$/m);
  await writeFile(script, text.replace(/^exec "\$/m, `exec ${command.join(' ')} "$`));
}
