import type { Lsn } from '../../../layers/wal/lsn.ts';
import type { BenchCluster } from './cluster.ts';

/** A slot that nobody moves, of which each run gets a copy. @returns the start of its segment */
export async function slotsFrom(cluster: BenchCluster): Promise<Lsn> {
  await cluster.sql('postgres', 'SELECT pg_switch_wal(); CHECKPOINT');
  await cluster.sql(
    'postgres',
    `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = 'start';
     SELECT pg_create_physical_replication_slot('start', true)`,
  );
  const [row] = await cluster.sql<{ bytes: string }>(
    'postgres',
    `SELECT (restart_lsn - '0/0')::text AS bytes FROM pg_replication_slots WHERE slot_name = 'start'`,
  );
  const lsn = BigInt(row?.bytes ?? 0);
  return lsn - (lsn % BigInt(cluster.segmentSizeBytes));
}

/** Puts the slots of ours and of the others back to the start. */
export async function renewSlots(cluster: BenchCluster): Promise<void> {
  for (const slot of ['ours', 'received']) {
    const there = `SELECT active FROM pg_replication_slots WHERE slot_name = '${slot}'`;
    // A walsender that was ended may have it for a moment.
    while ((await cluster.sql<{ active: boolean }>('postgres', there))[0]?.active);
    await cluster.sql(
      'postgres',
      `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '${slot}';
       SELECT pg_copy_physical_replication_slot('start', '${slot}')`,
    );
  }
}

/** All WAL so far is in segments that are finished. */
export async function endOfSegment(cluster: BenchCluster): Promise<Lsn> {
  await cluster.sql('postgres', 'CHECKPOINT; SELECT pg_switch_wal()');
  const flushed = await cluster.flushedTo();
  return flushed - (flushed % BigInt(cluster.segmentSizeBytes));
}
