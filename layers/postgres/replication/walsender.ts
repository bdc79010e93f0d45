import pg from 'pg';
import { parseLsn } from '../../wal/lsn.ts';
import type { KeepSizes } from '../../wal/slot-room.ts';
import { dial } from '../connect/dial.ts';
import type { ConnectionTarget } from '../connect/target.ts';
import { type BaseBackup, type BaseBackupOptions, startBaseBackup } from './base-backup.ts';
import { CUT_COPIES } from './copy-source.ts';
import { replicationError } from './replication-error.ts';
import { bytesOf, majorOf } from './server-facts.ts';
import { askServerTime } from './server-time.ts';
import { uploadManifest } from './upload-manifest.ts';
import { startWalStream, type WalStream, type WalStreamOptions } from './wal-stream.ts';

/** A connection on which the server sends WAL; it takes no SQL. */
export interface Walsender {
  /** Which cluster answers, and how far it has come. */
  identify(): Promise<SystemIdentity>;
  /** What every segment of this cluster is long, in bytes. */
  segmentSize(): Promise<number>;
  /** Undefined if there is none of this name. */
  readSlot(name: string): Promise<PhysicalSlot | undefined>;
  /** Makes a slot that keeps WAL from now on. Whoever makes one is to empty it, or to drop it. */
  createSlot(name: string): Promise<void>;
  /** @throws {@link DumpError} if somebody streams from it */
  dropSlot(name: string): Promise<void>;
  /** A setting, as SHOW writes it. */
  show(setting: string): Promise<string>;
  /** The most that slots may hold back, as bytes, and what the server keeps in any case. */
  keepSizes(): Promise<KeepSizes>;
  /** A timeline's history file, as the server has it. The first timeline has none. */
  timelineHistory(timeline: number): Promise<{ readonly name: string; readonly text: string }>;
  /** Streams WAL; one stream at a time. @see startWalStream */
  stream(options: WalStreamOptions): Promise<WalStream>;
  /** The server's clock, after a position that it has reached. @see askServerTime */
  serverTime(timeline: number, reached: bigint, signal: AbortSignal): Promise<Date>;
  /** Has the server send its files. @see startBaseBackup */
  baseBackup(options: BaseBackupOptions): Promise<BaseBackup>;
  /** Shows the server the manifest of the base backup that the next one is to be an increment of. @see uploadManifest */
  uploadManifest(manifest: AsyncIterable<Buffer>, signal: AbortSignal): Promise<void>;
  end(): Promise<void>;
}

export interface SystemIdentity {
  readonly systemIdentifier: string;
  readonly timeline: number;
  /** Up to here WAL is flushed to the server's disk; on a standby, what it has received or replayed. */
  readonly flushedTo: bigint;
  readonly major: number;
}

export interface PhysicalSlot {
  /** From here on the server keeps WAL for it; undefined if it keeps none: the slot was never used, or is lost. */
  readonly restartLsn: bigint | undefined;
  readonly restartTimeline: number | undefined;
}

/**
 * Opens a connection for physical replication. Its pg_hba.conf line is that of the keyword `replication`.
 *
 * @param name - how the server lists it in pg_stat_replication
 * @param silentMs - so long the server waits for a client that takes nothing, before it ends the connection by itself; for
 *   ever by default, except where it streams WAL
 * @throws {@link ConfigError} if role, server or version do not allow it, {@link DumpError} if it cannot be reached
 * @see https://www.postgresql.org/docs/current/protocol-replication.html
 */
export async function openWalsender(target: ConnectionTarget, name = 'pgvouch', silentMs?: number): Promise<Walsender> {
  const subject = `${target.host}:${target.port}`;
  const asked = {
    ...{ database: 'replication', application_name: name, replication: 'true' as const, tap: CUT_COPIES },
    ...(silentMs !== undefined && { options: `-c tcp_user_timeout=${silentMs}` }),
  };
  const client = await dial(target, asked).catch((error: unknown) => {
    throw replicationError('connect for replication to', subject, error);
  });
  /** The first row, by names; values are text whatever type the server says. */
  const ask = async (command: string): Promise<Readonly<Record<string, string | null>>> => {
    try {
      const { rows } = await client.query({ text: command, types: { getTypeParser: () => String } });
      return rows[0] ?? {};
    } catch (error) {
      throw replicationError(`ask for ${command.split(' ')[0]} of`, subject, error);
    }
  };
  const show = async (setting: string) => (await ask(`SHOW ${setting}`))[setting] ?? '';
  try {
    const major = majorOf(await show('server_version_num'), subject);
    return {
      async identify() {
        const { systemid, timeline, xlogpos } = await ask('IDENTIFY_SYSTEM');
        return {
          systemIdentifier: systemid ?? '',
          timeline: Number(timeline),
          flushedTo: parseLsn(xlogpos ?? '') ?? 0n,
          major,
        };
      },
      segmentSize: async () => bytesOf(await show('wal_segment_size')),
      async readSlot(slot) {
        const row = await ask(`READ_REPLICATION_SLOT ${pg.escapeIdentifier(slot)}`);
        if ((row.slot_type ?? null) === null) return undefined;
        const restartLsn = parseLsn(row.restart_lsn ?? '');
        const restartTimeline = row.restart_tli == null ? undefined : Number(row.restart_tli);
        return { restartLsn, restartTimeline };
      },
      createSlot: async (slot) =>
        void (await ask(`CREATE_REPLICATION_SLOT ${pg.escapeIdentifier(slot)} PHYSICAL RESERVE_WAL`)),
      dropSlot: async (slot) => void (await ask(`DROP_REPLICATION_SLOT ${pg.escapeIdentifier(slot)}`)),
      show,
      async keepSizes() {
        const most = await show('max_slot_wal_keep_size');
        const always = await show('wal_keep_size');
        return { slotBytes: most === '-1' ? undefined : bytesOf(most), alwaysBytes: bytesOf(always) };
      },
      async timelineHistory(timeline) {
        const { filename, content } = await ask(`TIMELINE_HISTORY ${timeline}`);
        return { name: filename ?? '', text: content ?? '' };
      },
      stream: (options) => startWalStream(client, options, subject),
      serverTime: (timeline, reached, signal) => askServerTime(client, { timeline, reached, signal, subject }),
      baseBackup: (options) => startBaseBackup(client, options, subject),
      uploadManifest: (manifest, signal) => uploadManifest(client, manifest, signal, subject),
      end: () => client.end().catch(() => {}),
    };
  } catch (error) {
    await client.end().catch(() => {});
    throw error;
  }
}
