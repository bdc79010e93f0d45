import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { libpqEnvironment } from '../../../layers/postgres/connect/connection.ts';
import { watchLayout } from '../../../layers/postgres/programs/archive-layout.ts';
import { writePositions } from '../../../layers/postgres/programs/archive-positions.ts';
import { archiveOf } from '../../support/world/archive.ts';
import { clientBin } from '../../support/world/client-folder.ts';
import { world } from '../../support/world/world.ts';

/** Behind the time in the head. */
const HEAD_BYTES = 47;

test('with positions a piped archive is what pg_dump writes into a file, and the largest table is restored first', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'pgvouch-positions-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const here = await world();
  await here.sql(`CREATE TABLE a_small AS SELECT g AS id FROM generate_series(1, 10) g; CREATE TABLE empty ();
    CREATE TABLE z_large AS SELECT g AS id, md5(g::text) AS text FROM generate_series(1, 5000) g;
    CREATE INDEX ON a_small (id); CREATE INDEX ON z_large (id); SELECT lo_from_bytea(0, 'abc'), lo_from_bytea(0, '');`);
  const manifest = await here.dump();
  const piped = path.join(folder, 'piped.dump');
  const seekable = path.join(folder, 'seekable.dump');
  writeFileSync(piped, await archiveOf(here.vault, manifest));
  const programs = clientBin(18);
  const env = (database: string) => libpqEnvironment(here.postgres.target, database);
  const dump = ['--format=custom', '--compress=zstd:3', `--file=${seekable}`];
  execFileSync(path.join(programs, 'pg_dump'), dump, { env: env(here.database) });

  const watch = watchLayout();
  watch.take(readFileSync(piped));
  expect(await writePositions(piped, watch.layout() ?? expect.unreachable('it is understood'))).toBe(true);
  expect(readFileSync(piped).subarray(HEAD_BYTES).equals(readFileSync(seekable).subarray(HEAD_BYTES))).toBe(true);

  const copy = `${here.database}_copy`;
  await here.postgres.createDatabase(copy);
  const restore = ['--jobs=2', '--verbose', '--exit-on-error', `--dbname=${copy}`, piped];
  const { stderr } = await promisify(execFile)(path.join(programs, 'pg_restore'), restore, { env: env(copy) });
  const launched = Array.from(stderr.matchAll(/launching item \d+ (TABLE DATA|INDEX) (\w+)/g), ([, , name]) => name);
  expect(launched[0]).toBe('z_large');
  expect(launched.indexOf('z_large_id_idx')).toBeGreaterThan(0);
}, 300_000);
