import type { VerdictName } from '../../../layers/backup/verdict.ts';
import type { Base } from '../../../layers/wal/base.ts';
import type { BaseFile } from '../../../layers/wal/base-entries.ts';
import { formatLsn } from '../../../layers/wal/lsn.ts';
import { type StoredBase, storedBase } from '../../../layers/wal/stored-base.ts';
import { WAL_CLUSTER, WAL_SEGMENT } from './wal-listing.ts';

export interface BaseFacts {
  readonly startedAt: Date;
  /** As `0x150000n`. */
  readonly startLsn: bigint;
  readonly stopLsn: bigint;
  /** A second after it started, by default. */
  readonly stoppedAt?: Date;
  readonly timeline?: number;
  readonly verdict?: VerdictName | undefined;
  /** A minute after it stopped, by default. */
  readonly verdictAt?: Date;
  readonly kept?: boolean;
  readonly retired?: boolean;
  /** Its files are gone. */
  readonly incomplete?: boolean;
  readonly parent?: Date | undefined;
  readonly nextXid?: string;
  readonly goodUntil?: bigint;
}

/** A base backup as it stands in a bucket. */
export function baseOf(facts: BaseFacts): StoredBase {
  const { startedAt, stoppedAt = new Date(startedAt.getTime() + 1_000), parent, nextXid } = facts;
  const file = { sizeBytes: 1_000, sha256: 'a'.repeat(64) };
  const base: Base = {
    format: 'pgvouch/base',
    formatVersion: 1,
    systemIdentifier: WAL_CLUSTER,
    startedAt: startedAt.toISOString(),
    attempt: '0a7c9d3e-5b1f-4c2d-8e6a-1f2b3c4d5e6f',
    label: 'pgvouch',
    timeline: facts.timeline ?? 1,
    startLsn: formatLsn(facts.startLsn),
    stopLsn: formatLsn(facts.stopLsn),
    stoppedAt: stoppedAt.toISOString(),
    ...(nextXid !== undefined && { nextXid }),
    server: { version: '18.4', major: 18 },
    segmentSizeBytes: WAL_SEGMENT,
    ...(parent && { parent: parent.toISOString() }),
    contentBytes: 40_000_000,
    tablespaces: [{ file: 'base.tar.zst', ...file }],
    manifest: { file: 'backup_manifest', ...file },
  };
  const { verdict, verdictAt = new Date(stoppedAt.getTime() + 60_000) } = facts;
  const mark = (is = false) => (is ? { key: 'mark.json', sizeBytes: 1, modifiedAt: stoppedAt } : undefined);
  const entry = {
    ...{ verdict: verdict && { name: verdict, at: verdictAt }, kept: mark(facts.kept), retired: mark(facts.retired) },
    files: facts.incomplete ? [] : [...base.tablespaces, base.manifest].map((one) => fileOf(base.attempt, one)),
  };
  return storedBase(base, entry, facts.goodUntil);
}

function fileOf(attempt: string, { file, sizeBytes }: { readonly file: string; readonly sizeBytes: number }): BaseFile {
  return { key: `${attempt}/${file}`, sizeBytes, modifiedAt: new Date(0), attempt, file };
}
