import { formatLsn } from './lsn.ts';
import type { RecoveryPlan, RecoveryTarget } from './recovery-plan.ts';

/** What a recovery is set up with, in the order in which it is written. */
export type RecoverySettings = readonly (readonly [name: string, value: string])[];

/**
 * The settings by which PostgreSQL recovers to a plan's target. Targets of an earlier recovery are taken back first:
 * PostgreSQL refuses two.
 *
 * @param knownHistory - whether the timeline's history is in the bucket
 * @see https://www.postgresql.org/docs/current/runtime-config-wal.html#RUNTIME-CONFIG-WAL-RECOVERY-TARGET
 */
export function settingsOfPlan(
  { target, toTheEnd, timeline }: Pick<RecoveryPlan, 'target' | 'toTheEnd' | 'timeline'>,
  knownHistory: boolean,
): RecoverySettings {
  const none = [
    'recovery_target',
    'recovery_target_name',
    'recovery_target_time',
    'recovery_target_xid',
    'recovery_target_lsn',
  ];
  return [
    ...none.map((name) => [name, ''] as const),
    // PostgreSQL takes a number only if there is a history, and timeline 1 has none.
    ['recovery_target_timeline', timeline === 1 || knownHistory ? String(timeline) : 'current'],
    ['recovery_target_action', 'promote'],
    ['recovery_target_inclusive', target.kind === 'lsn' ? 'off' : 'on'],
    ...(toTheEnd ? [] : targetSetting(target)),
  ];
}

function targetSetting(target: RecoveryTarget): RecoverySettings {
  switch (target.kind) {
    case 'latest':
      return [];
    case 'time':
      return [['recovery_target_time', exactly(target.at, target.microseconds ?? 0)]];
    case 'lsn':
      return [['recovery_target_lsn', formatLsn(target.lsn)]];
    case 'xid':
      return [['recovery_target_xid', String(target.xid)]];
  }
}

/** `2026-11-27 14:04:59.123456+00` */
function exactly(at: Date, microseconds: number): string {
  return `${at.toISOString().replace('T', ' ').slice(0, -1)}${String(microseconds).padStart(3, '0')}+00`;
}
