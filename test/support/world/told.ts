import type { FailureRecord } from '../../../layers/backup/failure.ts';
import { kindOf } from '../../../layers/backup/problem-kind.ts';
import {
  afterFailure,
  afterResolving,
  afterSuccess,
  afterTelling,
  type Trouble,
} from '../../../layers/backup/trouble.ts';

export const HOUR_MS = 3_600_000;
const BEGIN = Date.parse('2026-11-22T00:00:00Z');

/** An instant, in hours from the beginning. */
export const hour = (hours: number) => new Date(BEGIN + hours * HOUR_MS);

export function failure(hours: number, changes: Partial<FailureRecord> = {}): FailureRecord {
  return {
    ...{ format: 'pgvouch/failure', formatVersion: 1, function: 'dump', database: 'shop', attempts: 3 },
    at: hour(hours).toISOString(),
    error: { type: 'DumpError', problem: 'connection refused' },
    requestId: `request-${hours}`,
    ...changes,
  };
}

/** One notify after the other, as they would run alone; what it holds is what stands in the vault. */
export function operator(channels: readonly string[] = ['webhook']) {
  let known: Trouble | undefined;
  const down = new Set<string>();
  const toldBy: Readonly<Record<string, string[]>> = Object.fromEntries(channels.map((one) => [one, []]));
  const tell = (what: string, to: readonly string[]) => {
    const took = to.filter((one) => !down.has(one));
    for (const one of took) toldBy[one]?.push(what);
    return took;
  };
  return {
    /** What people were told by the first channel. */
    told: toldBy[channels[0] ?? ''] ?? [],
    toldBy,
    trouble: () => known,
    /** What an older pgvouch left behind. */
    finds(older: Trouble) {
      known = older;
    },
    webhook(up: boolean, channel = 'webhook') {
      if (up) down.delete(channel);
      else down.add(channel);
    },
    fails(record: FailureRecord, isNew = true, now = new Date(record.at)) {
      const moment = { now, by: record.requestId, channels };
      const step = afterFailure(known, record, isNew, moment);
      known = step.write ?? known;
      if (step.action !== 'tell' || known === undefined) return step.action;
      const took = tell(`${kindOf(record).replace(/:.*/s, '')} ${known.count}`, step.to);
      known = afterTelling(known, kindOf(record), took, moment);
      return step.action;
    },
    succeeds(hours: number, firedAt?: Date, now = hour(hours)) {
      const at = hour(hours);
      const step = afterSuccess(known, { at, ...(firedAt && { firedAt }) }, { now, by: `success-${hours}`, channels });
      known = step.write ?? known;
      if (step.action !== 'tell' || known === undefined) return step.action;
      known = afterResolving(known, at, step.to, tell('resolved', step.to));
      return step.action;
    },
  };
}
