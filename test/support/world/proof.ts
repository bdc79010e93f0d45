import { expect } from 'vitest';
import { notPossible } from '../../../functions/verify/why-unproved.ts';
import type { Manifest } from '../../../layers/backup/manifest.ts';
import { type ObstacleClass, obstaclesOf } from '../../../layers/backup/unproved.ts';
import type { Drill } from '../../../layers/backup/verdict.ts';
import { meaningOf } from '../../../layers/postgres/complaints/judge-complaints.ts';
import { isExpectedOfOlderServers } from '../../../layers/postgres/complaints/older-server.ts';
import { createDatabase } from '../../../layers/postgres/places/restore-target.ts';
import { fittingClient } from '../../../layers/postgres/programs/client-programs.ts';
import { restoreArchive } from '../../../layers/postgres/programs/restore-archive.ts';
import { startTestPostgres } from '../servers/postgres.ts';
import { ownDrillPlace } from './drill-place.ts';
import { ENCODINGS, type Encoding, encodedSchema, makeEncoded } from './encodings.ts';
import { expectEqualDatabases } from './equal-databases.ts';
import { clientPrograms, type World, world } from './world.ts';

/**
 * Backs a database up with fingerprints of its contents, expects the drill to prove it, restores it into an empty
 * database beside it, and expects that one to hold the same.
 */
export async function prove(
  here: World,
  database = here.database,
): Promise<{ manifest: Manifest; drill: Drill | undefined }> {
  const manifest = await here.dump(database, { fingerprints: true, deadlineMs: 600_000 });
  const verdict = await here.verify(manifest);
  const said = verdict?.reasons.filter((reason) => !OF_ANOTHER_MAJOR.test(reason));
  expect(said).toEqual([expect.stringMatching(/^Restored and compared equal/)]);
  expect(verdict).toMatchObject({ verdict: 'restorable', drill: { compared: { tables: manifest.tables.length } } });
  await restoreBeside(here, manifest, `${database} copy`);
  await expectEqualDatabases(here.postgres, [database, `${database} copy`], manifest.client.major);
  return { manifest, drill: verdict?.drill };
}

/** Expects what a server refused to leave a backup `readable` in a drill, with a reason of this class. */
export function expectObstacle(error: unknown, name: ObstacleClass): void {
  const { message, detail } = error as { readonly message: string; readonly detail?: string };
  const means = meaningOf(detail === undefined ? message : `${message}\nDETAIL:  ${detail}`);
  expect(['lacking', 'rights']).toContain(means);
  const reasons = [notPossible(message)];
  expect([message, ...obstaclesOf({ verdict: 'readable', reasons }).map((one) => one.class)]).toEqual([message, name]);
}

/** What a verdict says where no scratch server is of the server's own major, as with 16. */
const OF_ANOTHER_MAJOR =
  /^(It was restored into PostgreSQL|The extension \w+ was left out: PostgreSQL 17|The scratch server sorts text by other versions: icu) /;

/** Proves a database in an encoding, on a server of its own: a role's name would be no text in the others' databases. */
export async function proveEncoding(encoding: Encoding, server: PostgresOptions, place = ownDrillPlace()) {
  const postgres = await startTestPostgres(server);
  try {
    const here = await world({ postgres, drillPlace: place });
    const database = `in ${encoding}`;
    await makeEncoded(postgres, database, encoding);
    await postgres.sql(database, encodedSchema(encoding));
    const { manifest } = await prove(here, database);
    expect(manifest.source.encoding).toBe(encoding);
    const globals = await here.vault.getText(manifest.globals.key);
    expect(globals).toContain(`CREATE ROLE "${ENCODINGS[encoding].name} ${encoding}"`);
  } finally {
    await postgres.end();
  }
}

/** Proves a database whose own locale is another provider's: `icu ICU_LOCALE 'de'`. */
export async function proveLocale(provider: string, sql = WORDS): Promise<Manifest['source']> {
  const here = await world({ drillPlace: ownDrillPlace() });
  const name = `${here.database} ${provider.split(' ')[0]}`;
  const create = `CREATE DATABASE "${name}" TEMPLATE template0 LOCALE 'C' LOCALE_PROVIDER ${provider}`;
  await here.postgres.sql('postgres', create);
  await here.postgres.sql(name, sql);
  return (await prove(here, name)).manifest.source;
}

const WORDS = `CREATE TABLE words (w text PRIMARY KEY); INSERT INTO words VALUES ('Äpfel'), ('Apfel')`;

type PostgresOptions = Parameters<typeof startTestPostgres>[0];

async function restoreBeside({ vault, postgres }: World, manifest: Manifest, copy: string): Promise<void> {
  await createDatabase(postgres.target, copy, manifest.source);
  const client = fittingClient(await clientPrograms(), manifest.client.major);
  const bytes = (await vault.getBytes(manifest.archive.key)) ?? nothing();
  const olderServer = client.major >= 17 && manifest.server.versionNumber < 170_000;
  await restoreArchive({
    ...{ client, target: postgres.target, database: copy, archive: { bytes } },
    ...(olderServer
      ? { args: [], judge: (complaint) => (isExpectedOfOlderServers(complaint) ? 'go-on' : 'stop') }
      : { args: ['--exit-on-error'] }),
    signal: AbortSignal.timeout(600_000),
  });
}

async function* nothing(): AsyncGenerator<Buffer> {}
