import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { copyFiles } from '../../support/servers/standby.ts';
import { SLOT } from '../../support/world/wal-world.ts';
import type { RestartablePostgres } from '../campaign/restartable-postgres.ts';
import { type Strike, type Struck, strikeDuring, type WalFault } from './fault.ts';
import { FLUSHED } from './received-wal.ts';
import { until } from './until.ts';
import { expectHeardIsStored, write } from './wal-invariants.ts';
import { startServer, type Writer } from './wal-place.ts';

/** The primary dies, and its standby goes on, on a timeline of its own. */
export const PROMOTION = {
  /** The runs after it go to the new primary. */
  'promotion between runs': (strike) =>
    promoting(strike, async (standby) => {
      await write(strike.place.writer.server, 2);
      await promote(strike, standby);
      return { struck: true, said: [] };
    }),
  'promotion under a run at the primary': (strike) =>
    promoting(strike, (standby) => strikeDuring(strike, () => promote(strike, standby))),
  /** It follows the standby, and then the same server as the primary. */
  'promotion under a run at the standby': (strike) =>
    promoting(strike, (standby) => {
      const env = { WAL_MODE: 'follow', WAL_PARTIAL_SECONDS: '1', RUN_MS: '8000' };
      return strikeDuring(strike, () => promote(strike, standby), { on: standby, env });
    }),
} as const satisfies Record<string, WalFault>;

async function promoting(strike: Strike, act: (standby: RestartablePostgres) => Promise<Struck>): Promise<Struck> {
  const { place, known } = strike;
  const { writer: former } = place;
  const next = await startStandby(strike);
  const struck = await act(next.server);
  // What the former primary had sent before its end, and to whom, its own files still tell.
  await former.server.revive();
  await former.receiver.caughtUp();
  await expectHeardIsStored(place, known, former.server);
  await former.receiver.end();
  await former.server.end();
  place.writer = next;
  return struck;
}

/** A standby that has everything, with a slot of its own, to which the bucket reaches. */
async function startStandby({ place }: Strike): Promise<Writer> {
  const { server: primary } = place.writer;
  const server = await startServer(
    async (dataDir) => {
      await copyFiles(primary, dataDir);
      // Slots are not replicated.
      rmSync(path.join(dataDir, 'pg_replslot', SLOT), { recursive: true, force: true });
      writeFileSync(path.join(dataDir, 'standby.signal'), '');
      execFileSync('chown', [
        '--reference',
        dataDir,
        path.join(dataDir, 'standby.signal'),
        path.join(dataDir, 'backup_label'),
      ]);
    },
    { primary_conninfo: `host=127.0.0.1 port=${primary.target.port} user=postgres application_name=standby` },
  );
  await server.sql('postgres', `SELECT pg_create_physical_replication_slot('${SLOT}', true)`);
  const receiver = await place.received.receive(server);
  await place.archive();
  const [at] = await primary.sql<{ lsn: string }>('postgres', `SELECT (${FLUSHED})::text AS lsn`);
  const reached = `SELECT FROM pg_last_wal_replay_lsn() AS lsn WHERE lsn >= '${at?.lsn}'`;
  await until('the standby has what the primary has', async () => (await server.sql('postgres', reached)).length > 0);
  return { server, receiver };
}

async function promote({ place }: Strike, standby: RestartablePostgres): Promise<void> {
  await place.writer.server.kill();
  await standby.sql('postgres', 'SELECT pg_promote(true)');
}
