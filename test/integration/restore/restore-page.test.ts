import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { libpqEnvironment } from '../../../layers/postgres/connect/connection.ts';
import { archiveOf } from '../../support/world/archive.ts';
import { clientBin } from '../../support/world/client-folder.ts';
import { contentsOf } from '../../support/world/contents.ts';
import { type World, world } from '../../support/world/world.ts';

const page = readFileSync(path.resolve(import.meta.dirname, '../../../docs/restore.md'), 'utf8');

/** The commands of the page's last section that begin with one of these, as they are written. */
function commandsOf(...beginnings: readonly string[]): string[] {
  const lines = page
    .slice(page.indexOf('## Without pgvouch'))
    .split('\n')
    .map((line) => line.trim());
  return beginnings.map((beginning) => {
    const line = lines.find((one) => one.startsWith(beginning));
    return line ?? expect.unreachable(`the page has no command that begins with ${beginning}`);
  });
}

const furnished = (name: string) => `
  CREATE ROLE "${name}_owner" LOGIN PASSWORD 'x'; CREATE ROLE "${name}_app";
  CREATE TABLE t AS SELECT g AS id FROM generate_series(1, 100) g; ALTER TABLE t OWNER TO "${name}_owner";
  GRANT SELECT ON t TO "${name}_app";
  ALTER DATABASE "${name}" SET search_path = sales, public;
  ALTER ROLE "${name}_app" IN DATABASE "${name}" SET work_mem = '64MB';
  REVOKE CONNECT ON DATABASE "${name}" FROM PUBLIC; GRANT CONNECT ON DATABASE "${name}" TO "${name}_app";
  COMMENT ON DATABASE "${name}" IS 'the shop'; ALTER DATABASE "${name}" OWNER TO "${name}_owner";
  ALTER DATABASE "${name}" SET default_transaction_read_only = on`;

/** What pg_dump says of the database itself and of its objects, under one name. */
async function itself({ postgres: { target } }: World, database: string): Promise<string[]> {
  const env = libpqEnvironment(target, database);
  const args = ['--schema-only', '--create'];
  const { stdout } = await promisify(execFile)(path.join(clientBin(18), 'pg_dump'), args, { env });
  const lines = stdout
    .replaceAll(database, 'x')
    .replaceAll(database.replace(/_restored$/, ''), 'x')
    .split('\n');
  return lines.filter((line) => /^(ALTER|COMMENT|CREATE|GRANT|REVOKE) /.test(line)).sort();
}

const ofDatabase = (lines: readonly string[]) => lines.filter((line) => / DATABASE /.test(line));

test('the commands of docs/restore.md do what it says, with stock programs alone', async () => {
  const here = await world();
  const { database: name, postgres } = here;
  await here.sql(furnished(name));
  const manifest = await here.dump();
  const [before, rows] = [await itself(here, name), await contentsOf(postgres, name)];
  const folder = mkdtempSync(path.join(tmpdir(), 'pgvouch-page-'));
  const run = async (...commands: readonly string[]) => {
    const { host, port, user, password = '' } = postgres.target;
    const env = { PATH: `${folder}:${clientBin(18)}:/usr/bin:/bin`, PGHOST: host, PGPORT: `${port}`, PGUSER: user };
    const script = commands.join('\n').replaceAll('shop', name);
    const { stdout } = await promisify(execFile)('sh', ['-ec', script], {
      cwd: folder,
      env: { ...env, PGPASSWORD: password },
    });
    return stdout;
  };
  try {
    writeFileSync(path.join(folder, `${name}.dump`), await archiveOf(here.vault, manifest));
    writeFileSync(path.join(folder, 'globals-….sql'), (await here.vault.getText(manifest.globals.key)) ?? '');
    const createdb = '#!/bin/sh\nexec psql --dbname=postgres --command="CREATE DATABASE \\"$2\\" TEMPLATE template0"\n';
    writeFileSync(path.join(folder, 'createdb'), createdb);
    chmodSync(path.join(folder, 'createdb'), 0o755);

    const itselfSql = path.join(folder, 'itself.sql');
    expect(await run(...commandsOf('sha256sum '))).toContain(manifest.archive.sha256);
    await run(...commandsOf('createdb ', 'pg_restore --exit-on-error ', 'psql --dbname=shop_restored '));
    expect(await contentsOf(postgres, `${name}_restored`)).toEqual(rows);
    // The database itself, under the other name.
    await run(...commandsOf('pg_restore --create --list ', 'pg_restore --create --use-list'));
    const statements = readFileSync(itselfSql, 'utf8').replaceAll(name, `${name}_restored`);
    // Roles of the original are called after it, too.
    writeFileSync(itselfSql, statements.replaceAll(`${name}_restored_`, `${name}_`));
    await run(...commandsOf("PGOPTIONS='-c default_transaction_read_only=off' psql "));
    expect(ofDatabase(await itself(here, `${name}_restored`))).toEqual(ofDatabase(before));

    // On a server that has neither the database nor its roles.
    for (const gone of [name, `${name}_restored`]) await postgres.sql('postgres', `DROP DATABASE "${gone}"`);
    await postgres.sql('postgres', `DROP ROLE "${name}_owner", "${name}_app"`);
    const [globals = ''] = /psql --dbname=postgres --file=globals\S+\.sql/.exec(page) ?? [];
    await run(globals, ...commandsOf("PGOPTIONS='-c default_transaction_read_only=off' pg_restore "));
    expect(await itself(here, name)).toEqual(before);
    expect(await contentsOf(postgres, name)).toEqual(rows);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
