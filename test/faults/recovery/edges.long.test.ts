import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Base } from '../../../layers/wal/base.ts';
import { formatLsn, parseLsn } from '../../../layers/wal/lsn.ts';
import { pgvouch, pgvouchProcess, variablesOf } from '../../support/servers/command-line.ts';
import { startTestPostgres, type TestPostgres } from '../../support/servers/postgres.ts';
import { type BaseWorld, baseWorld } from '../../support/world/base-world.ts';
import { folderForData, recovering } from '../../support/world/stored-cluster.ts';
import { SLOT } from '../../support/world/wal-world.ts';

/** Right after the transaction that brought a row. */
interface Point {
  readonly at: string;
  readonly lsn: string;
  readonly xid: string;
}

let postgres: TestPostgres;
let here: BaseWorld;
let base: Base;
let env: Record<string, string>;
/** By the row's number. */
const points: Point[] = [];
/** Where the WAL in the bucket ends, by timeline. */
const tips: string[] = [];
const ends: (() => Promise<void>)[] = [];

/** Timeline 1 has rows 1, 2, 3. Timeline 2 was begun after row 1 and has 4; timeline 3 after row 2 of timeline 1, and has 5. */
beforeAll(async () => {
  // PostgreSQL's user, who calls wal-fetch, could keep no bundle of it.
  await pgvouchProcess({}, '--version');
  postgres = await startTestPostgres({ settings: { full_page_writes: 'on', autovacuum: 'off' } });
  await postgres.sql('postgres', 'CREATE TABLE rows (number int)');
  here = await baseWorld(postgres);
  env = variablesOf(here.vault, postgres.target);
  base = await here.stored();
  for (const number of [1, 2, 3]) {
    await insert(postgres, number);
    tips[1] = (await here.archive()).lsn;
  }
  await goOn(4, '--at', point(1).at);
  await goOn(5, '--timeline', '1', '--at-lsn', point(2).lsn);
}, 300_000);
afterAll(async () => {
  await Promise.all([postgres?.end(), ...ends.map((end) => end())]);
});

async function insert(server: Pick<TestPostgres, 'sql'>, number: number): Promise<void> {
  const [row] = await server.sql<{ xid: string }>(
    'postgres',
    `INSERT INTO rows VALUES (${number}) RETURNING pg_current_xact_id()::text AS xid`,
  );
  const [now] = await server.sql<{ lsn: string; at: string }>(
    'postgres',
    'SELECT pg_current_wal_insert_lsn()::text AS lsn, clock_timestamp()::text AS at',
  );
  points[number] = { at: now?.at ?? '', lsn: now?.lsn ?? '', xid: row?.xid ?? '' };
}

async function start(...options: string[]) {
  const dataDir = folderForData();
  const { exitCode, stderr } = await pgvouch(env, 'restore', '--to-dir', dataDir, ...options);
  if (exitCode !== 0) throw new Error(`exit code ${exitCode}: ${stderr}`);
  return recovering(dataDir, postgres.target);
}

/** A server that was recovered goes on beside the original, and archives to the same place. */
async function goOn(number: number, ...options: string[]): Promise<void> {
  const server = await start(...options);
  ends.push(server.end);
  await server.sql('postgres', `SELECT pg_create_physical_replication_slot('${SLOT}', true)`);
  await insert(server, number);
  const { timeline, lsn } = await here.archive({ of: { ...postgres, ...server } });
  tips[timeline] = lsn;
}

async function rowsAt(...options: string[]): Promise<number[]> {
  const server = await start(...options);
  try {
    const rows = await server.sql<{ number: number }>('postgres', 'SELECT number FROM rows ORDER BY number');
    return rows.map(({ number }) => number);
  } finally {
    await server.end();
  }
}

const point = (row: number): Point => points[row] ?? expect.unreachable(`row ${row} is not there yet`);
const further = (lsn: string | undefined, bytes: bigint) => formatLsn((parseLsn(lsn ?? '') ?? 0n) + bytes);
const along = (timeline: number, ...options: string[]) => ['--timeline', String(timeline), ...options];

/** The same moment as others write it: in another zone, as so many minutes east of Greenwich. */
function zoned(at: string, minutes: number): string {
  const moment = new Date(at.replace(/([+-]\d\d)$/, '$1:00')).getTime() + 1;
  const text = new Date(moment + minutes * 60_000).toISOString().replace('T', ' ').slice(0, -1);
  const two = (number: number) => String(Math.trunc(Math.abs(number))).padStart(2, '0');
  return `${text}${minutes < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}`;
}

test.each<[string, () => string[], number[]]>([
  ['the end of the newest timeline', () => [], [1, 2, 5]],
  ['the end of its sibling', () => along(2), [1, 4]],
  ['the end of their parent', () => along(1), [1, 2, 3]],
  ['the first position of the window', () => ['--at-lsn', base.stopLsn], []],
  ['the first moment of the window', () => ['--at', base.stoppedAt], []],
  ['the last position of the window', () => along(1, '--at-lsn', tips[1] ?? ''), [1, 2, 3]],
  ['where a timeline was begun', () => along(2, '--at-lsn', point(1).lsn), [1]],
  ['a little after that', () => along(2, '--at-lsn', further(point(1).lsn, 100n)), [1]],
  ['a moment at which only the sibling went on', () => along(2, '--at', point(3).at), [1]],
  ['a transaction of an older timeline', () => along(3, '--at-xid', point(2).xid), [1, 2]],
  ['a transaction that the sibling has of the same number', () => along(2, '--at-xid', point(4).xid), [1, 4]],
  ['a time in Nepal', () => along(1, '--at', zoned(point(2).at, 345)), [1, 2]],
  ['a time on the Marquesas', () => along(1, '--at', zoned(point(2).at, -570)), [1, 2]],
  ['a time without a colon in its zone', () => along(1, '--at', zoned(point(2).at, 840).replace(/:00$/, '00')), [1, 2]],
])('%s', async (_, options, rows) => {
  expect(await rowsAt(...options())).toEqual(rows);
});

test.each<[string, () => string[], string]>([
  ['before the first position', () => ['--at-lsn', further(base.stopLsn, -1n)], 'no base backup had ended by then'],
  ['before the first moment', () => ['--at', new Date(Date.parse(base.stoppedAt) - 1).toISOString()], 'no base backup'],
  ['after the last position', () => along(1, '--at-lsn', further(tips[1], 1n)), 'the WAL in the bucket ends before'],
  ['a timeline that nobody began', () => along(4), 'nothing is stored of timeline 4'],
])('%s is refused', async (_, options, problem) => {
  await expect(rowsAt(...options())).rejects.toThrow(problem);
});
