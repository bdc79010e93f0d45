import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { hostArchitecture } from '../../../layers/debian/debian-packages.ts';
import { type DebianMajor, debianMajors } from '../../../layers/debian/postgresql.ts';
import { settingsFor } from '../../../layers/extensions/needs.ts';
import { PACKAGES } from '../../../layers/extensions/packages.ts';
import { SERVER_PARTS } from '../../../layers/extensions/server-parts.ts';
import { readInstallation } from '../../../layers/postgres/places/installation.ts';
import { provideInstallation } from '../../../layers/scratch/installation.ts';
import { testStateDir } from '../../support/servers/ceph.ts';
import { startTestPostgres, type TestPostgres } from '../../support/servers/postgres.ts';
import { ownDrillPlace } from '../../support/world/drill-place.ts';
import { verifyIn } from '../../support/world/drill-run.ts';
import { type World, world } from '../../support/world/world.ts';
import { cellOf } from './page.ts';
import { useTypes } from './use-types.ts';

/**
 * Every extension of the table, with a table of each of its types, restored for real on a server that the drill chose. `npm run
 * compatibility` writes what it finds; with `-t 'PostgreSQL 17|page of extensions'` it tries one major, with
 * `EXTENSIONS=vector,postgis` those alone, and leaves what the page says of the others.
 */
const PAGE = 'docs/extensions.md';

const debian = { cacheDir: testStateDir, mirror: process.env.DEBIAN_MIRROR };
/** Extensions by the majors that they were tried on, and what came of it. */
const cells = new Map<DebianMajor, Map<string, string>>();
/** pg_cron works in one database alone. */
const DATABASE = 'special';
const SOME = 12;
const asked = process.env.EXTENSIONS?.split(',');
let firedAt = Date.now() - 3_600_000;

test.each(debianMajors)('extensions of PostgreSQL %i', { timeout: 7_200_000 }, async (major) => {
  const found = new Map<string, string>();
  cells.set(major, found);
  const isAsked = (name: string) => asked?.includes(name) ?? true;
  const here = PACKAGES.filter(({ majors, extensions }) => majors.includes(major) && extensions.some(isAsked));
  const packages = here.map(({ name }) => name.replace('*', String(major)));
  const names = here.flatMap(({ extensions }) => extensions).filter(isAsked);
  const { folder } = await provideInstallation({ major, architecture: hostArchitecture(), packages, ...debian });
  const has = readInstallation(folder)?.extensions ?? new Set();
  const settings = {
    ...settingsFor(
      names.filter((name) => has.has(name)),
      DATABASE,
    ),
    // As in a drill: LLVM is not among the packages.
    jit: 'off',
  };
  const server = await startTestPostgres({ installation: folder, settings });
  try {
    const special = names.filter((name) => name in SERVER_PARTS);
    await tryTogether(server, special, found, DATABASE);
    const others = names.filter((name) => !special.includes(name));
    for (let at = 0; at < others.length; at += SOME) await tryTogether(server, others.slice(at, at + SOME), found);
  } finally {
    await server.end();
  }
});

/** All of them in one database; each in one of its own if that is not restorable. */
async function tryTogether(
  server: TestPostgres,
  names: readonly string[],
  found: Map<string, string>,
  database?: string,
): Promise<void> {
  if (database) await server.sql('postgres', `DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
  const here = await world({ postgres: server, ...(database !== undefined && { database }) });
  const alone: string[] = [];
  for (const name of names) {
    const made = await create(here, name).catch((error: Error) => error);
    if (made instanceof Error) alone.push(name);
    found.set(
      name,
      cellOf(made, () => ''),
    );
  }
  const created = names.filter((name) => !alone.includes(name));
  await useTypes(here);
  firedAt += 1_000;
  const manifest = await here.dump(here.database, { firedAt: new Date(firedAt) });
  const verdict = await verifyIn(here, manifest, ownDrillPlace({ debian }), AbortSignal.timeout(600_000)).catch(
    (error: Error) => error,
  );
  const cell = cellOf(verdict, (one) =>
    one?.verdict === 'restorable' ? '`restorable`' : `\`${one?.verdict}\`: ${one?.reasons[0]}`,
  );
  for (const name of created) found.set(name, cell);
  await server.sql('postgres', `DROP DATABASE "${here.database}" WITH (FORCE)`);
  if (names.length === 1) return;
  for (const name of cell === '`restorable`' ? alone : names) await tryTogether(server, [name], found, database);
}

/** Some have versions, and none of them is the default. */
async function create({ sql }: World, name: string): Promise<void> {
  const [only] = await sql<{ version: string }>(`
    SELECT max(v.version) AS version FROM pg_available_extensions e JOIN pg_available_extension_versions v USING (name)
     WHERE e.name = '${name}' HAVING max(e.default_version) IS NULL`);
  await sql(`CREATE EXTENSION IF NOT EXISTS "${name}" ${only?.version ? `VERSION '${only.version}'` : ''} CASCADE`);
}

test('the page of extensions says so', async () => {
  const page = readFileSync(PAGE, 'utf8');
  const known = cellsOf(page);
  const lines = PACKAGES.flatMap(({ name, majors, extensions }) =>
    extensions.map((extension) => {
      const row = debianMajors.map((major, at) => {
        if (!majors.includes(major)) return '–';
        return (
          cells.get(major)?.get(extension)?.replaceAll('|', '\\|') ?? known.get(extension)?.[at] ?? 'not tried yet'
        );
      });
      return `| ${extension} | ${name} | ${row.join(' | ')} |`;
    }),
  );
  const [begin, end] = ['<!-- begin: extensions -->', '<!-- end: extensions -->'];
  const head = ['| extension | package | 15 | 17 | 18 |', '|---|---|---|---|---|'];
  const table = [begin, '', ...head, ...new Set(lines), '', end].join('\n');
  const written = page.slice(0, page.indexOf(begin)) + table + page.slice(page.indexOf(end) + end.length);
  await expect(written).toMatchFileSnapshot(`../../../${PAGE}`);
});

/** What a page says of each extension, major by major. */
function cellsOf(page: string): Map<string, string[]> {
  const rows = page.split('\n').map((line) => line.split(/(?<!\\) \| /));
  return new Map(
    rows.map(([name = '', , ...row]) => [name.replace('| ', ''), row.map((one) => one.replace(/ \|$/, ''))]),
  );
}
