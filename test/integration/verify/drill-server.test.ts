import { describe, expect, test, vi } from 'vitest';
import { connect } from '../../../layers/postgres/connect/connection.ts';
import { makeRoles } from '../../../layers/postgres/places/drill-roles.ts';
import { clear, takeTurn } from '../../../layers/postgres/places/drill-turn.ts';
import { startTestPostgres, type TestPostgres } from '../../support/servers/postgres.ts';
import { kill } from '../../support/servers/processes.ts';
import { serverPlace } from '../../support/world/drill-place.ts';
import { DRILLS, ownedShop, slowInADrill, verifyIn } from '../../support/world/drill-run.ts';
import { sharedPostgres, type World, world } from '../../support/world/world.ts';

const SUBSCRIPTION = `CREATE SUBSCRIPTION sub CONNECTION 'host=127.0.0.1 port=1 dbname=x' PUBLICATION p
  WITH (connect = false, slot_name = NONE)`;

test('on a server of the operator’s only databases of our own are made, and nothing stays', async () => {
  const postgres = await sharedPostgres();
  const here = await world({ drillPlace: serverPlace(postgres.target) });
  await here.sql(ownedShop(here.database));
  const manifest = await here.dump();
  const names = () =>
    postgres.sql('postgres', 'SELECT datname FROM pg_database UNION ALL SELECT rolname FROM pg_roles ORDER BY 1');
  const before = await names();
  expect(await here.verify(manifest)).toMatchObject({ verdict: 'restorable' });
  expect(await names()).toEqual(before);
});

test('two drills on one server take turns, and clear what a killed one left', async () => {
  const postgres = await sharedPostgres();
  const drillPlace = serverPlace(postgres.target);
  await postgres.sql('postgres', `CREATE DATABASE pgvouch_drill_${'0'.repeat(32)}`);
  const one = await world({ drillPlace });
  const other = await world({ drillPlace });
  const [first, second] = [await one.dump(), await other.dump()];
  const verdicts = await Promise.all([one.verify(first), other.verify(second)]);
  expect(verdicts.map((verdict) => verdict?.verdict)).toEqual(['restorable', 'restorable']);
  expect(await postgres.sql('postgres', DRILLS)).toEqual([]);
});

test('a subscription is not restored, and its database goes', async () => {
  const postgres = await sharedPostgres();
  const here = await world({ drillPlace: serverPlace(postgres.target) });
  await here.sql(`CREATE TABLE t AS SELECT 1 AS a; ${SUBSCRIPTION}`);
  const manifest = await here.dump();
  expect(await here.verify(manifest)).toMatchObject({ verdict: 'restorable' });
  expect(await postgres.sql('postgres', DRILLS)).toEqual([]);
  await here.sql('DROP SUBSCRIPTION sub');
});

test('what cannot be dropped is told in the log, and stops no drill', async () => {
  const postgres = await startTestPostgres();
  try {
    const here = await world({ drillPlace: serverPlace(postgres.target) });
    const left = `pgvouch_drill_${'1'.repeat(32)}`;
    await postgres.createDatabase(left);
    await postgres.sql(left, SUBSCRIPTION);
    expect(await here.verify(await here.dump())).toMatchObject({ verdict: 'restorable' });
    const told = new RegExp(`"The drill's database ${left} could not be dropped: database .* is being used by`);
    expect(here.log).toContainEqual(expect.stringMatching(told));
    expect(await postgres.sql('postgres', DRILLS)).toEqual([{ datname: left }]);
  } finally {
    await postgres.end();
  }
});

test('a process that does not answer holds no drill up: its database stays, and the next drill drops it', async () => {
  const postgres = await startTestPostgres();
  const [client, deaf] = [
    await connect(postgres.target, 'postgres', 'a'),
    await connect(postgres.target, 'postgres', 'b'),
  ];
  try {
    const name = `pgvouch_drill_${'2'.repeat(32)}`;
    await postgres.createDatabase(name);
    const { rows } = await deaf.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const pid = rows[0]?.pid ?? expect.unreachable('every session has one');
    const told: string[] = [];
    kill(pid, 'SIGSTOP');
    await clear(client, { databases: [name], roles: [] }, (what) => void told.push(what), 500).finally(() =>
      kill(pid, 'SIGCONT'),
    );
    expect(told).toEqual([expect.stringMatching(`database ${name} could not be dropped: it took longer than 0.5 s`)]);
    expect(await postgres.sql('postgres', DRILLS)).toEqual([{ datname: name }]);
    await (await takeTurn(postgres.target, new AbortController().signal, (what) => void told.push(what))).end();
    expect(told).toHaveLength(1);
    expect(await postgres.sql('postgres', DRILLS)).toEqual([]);
  } finally {
    await Promise.all([client.end(), deaf.end()]);
    await postgres.end();
  }
});

test('roles that a killed drill has left go with the next; others stay, whatever they are called', async () => {
  const postgres = await startTestPostgres();
  try {
    const here = await world({ drillPlace: serverPlace(postgres.target) });
    await here.sql(
      `CREATE ROLE "${here.database}"; CREATE TABLE t AS SELECT 1 AS a; ALTER TABLE t OWNER TO "${here.database}"`,
    );
    const manifest = await here.dump();
    const left = [here.database, 'left "behind"'].map((name) => ({ name, attributes: [] }));
    await makeRoles(postgres.target, 'postgres', { roles: left, grants: [] }, false, []);
    await postgres.sql(
      'postgres',
      `CREATE ROLE pgvouch_drill_role; COMMENT ON ROLE pgvouch_drill_role IS 'for pgvouch'`,
    );
    expect(await here.verify(manifest)).toMatchObject({ verdict: 'restorable' });
    const roles = await postgres.sql('postgres', `SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_'  ORDER BY 1`);
    expect(roles).toEqual([{ rolname: 'pgvouch_drill_role' }, { rolname: 'postgres' }]);
  } finally {
    await postgres.end();
  }
});

test('rights that its roles are not given there say nothing about a backup: readable, and they are named', async () => {
  const postgres = await sharedPostgres();
  const here = await world({ drillPlace: serverPlace(postgres.target) });
  const [readers, owner] = [`${here.database} readers`, `${here.database} owner`];
  await here.sql(`
    CREATE ROLE "${readers}"; CREATE ROLE "${owner}" IN ROLE "${readers}";
    CREATE SCHEMA s; CREATE TABLE s.t AS SELECT 1 AS a;
    GRANT USAGE ON SCHEMA s TO "${readers}"; GRANT SELECT ON s.t TO "${readers}"; GRANT CREATE ON SCHEMA s TO "${owner}";
    CREATE MATERIALIZED VIEW s.m AS TABLE s.t; ALTER MATERIALIZED VIEW s.m OWNER TO "${owner}"`);
  const manifest = await here.dump();
  await here.sql(`DROP SCHEMA s CASCADE; DROP ROLE "${owner}"; DROP ROLE "${readers}"`);
  const verdict = await here.verify(manifest);
  expect(verdict).toMatchObject({ verdict: 'readable', drill: { compared: { tables: 1 } } });
  expect(verdict?.reasons[0]).toBe('Not possible on the scratch server: permission denied for table t.');
  expect(verdict?.reasons[1]).toMatch(/^On that server roles were given no attributes and no memberships, /);
  expect(verdict?.reasons[1]).toContain(`${owner} is a member of ${readers}`);
  expect(verdict?.reasons[2]).toBe('Everything else was restored and compared equal.');
});

describe('what will pass says nothing about a backup: no verdict but an alarm, and the next try finds one', () => {
  async function verdictsOf(here: World) {
    return (await here.keys()).filter((key) => key.includes('verdict'));
  }

  test('another drill is held there until the time is up', async () => {
    const postgres = await sharedPostgres();
    const place = serverPlace(postgres.target);
    const here = await world({ drillPlace: place });
    const manifest = await here.dump();
    const other = await takeTurn(postgres.target, new AbortController().signal, () => {});
    const time = new AbortController();
    const verdict = verifyIn(here, manifest, place, time.signal);
    const refused = expect(verdict).rejects.toMatchObject({
      name: 'ConfigError',
      problem: 'other drills used its server until time ran out',
    });
    await sessionOn(postgres, `query LIKE '%pg_try_advisory_lock%' AND datname = 'postgres'`);
    time.abort(new DOMException('time is up', 'TimeoutError'));
    await refused;
    await other.end();
    expect(await verdictsOf(here)).toEqual([]);
    expect(await here.verify(manifest)).toMatchObject({ verdict: 'restorable' });
  });

  test('a session is ended, as by a restart', async () => {
    const postgres = await sharedPostgres();
    const here = await world({ drillPlace: serverPlace(postgres.target) });
    await here.sql(slowInADrill());
    const manifest = await here.dump();
    const refused = expect(here.verify(manifest)).rejects.toMatchObject({
      name: 'ConfigError',
      problem: expect.stringMatching(/terminating connection due to administrator command/),
    });
    const pid = await sessionOn(postgres, `query LIKE 'CREATE INDEX%'`);
    await postgres.sql('postgres', `SELECT pg_terminate_backend(${pid})`);
    await refused;
    expect(await verdictsOf(here)).toEqual([]);
    expect(await postgres.sql('postgres', DRILLS)).toEqual([]);
  });

  test('no connection is left', async () => {
    const postgres = await startTestPostgres({
      settings: { max_connections: '6', superuser_reserved_connections: '0' },
    });
    const taken: { end(): Promise<void> }[] = [];
    try {
      const here = await world({ drillPlace: serverPlace(postgres.target) });
      const manifest = await here.dump();
      for (let n = 0; n < 6; n++) taken.push(await connect(postgres.target, 'postgres', 'test'));
      await expect(here.verify(manifest)).rejects.toMatchObject({
        name: 'ConfigError',
        problem: expect.stringMatching(/too many clients/),
      });
      expect(await verdictsOf(here)).toEqual([]);
    } finally {
      for (const client of taken) await client.end();
      await postgres.end();
    }
  });

  /** Waits for a session of which that is true, and gives its pid. */
  function sessionOn({ sql }: TestPostgres, condition: string): Promise<number> {
    const find = async () => {
      const [row] = await sql<{ pid: number }>(
        'postgres',
        `SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND ${condition}`,
      );
      return row?.pid ?? expect.unreachable('no such session');
    };
    return vi.waitFor(find, { timeout: 60_000, interval: 20 });
  }
});
