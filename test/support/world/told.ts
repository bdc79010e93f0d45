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
export function operator(canTell = true) {
  let known: Trouble | undefined;
  let webhookUp = true;
  const told: string[] = [];
  const tell = (what: string) => {
    if (webhookUp) told.push(what);
    return webhookUp;
  };
  return {
    told,
    trouble: () => known,
    webhook(up: boolean) {
      webhookUp = up;
    },
    fails(record: FailureRecord, isNew = true, now = new Date(record.at)) {
      const moment = { now, by: record.requestId, canTell };
      const step = afterFailure(known, record, isNew, moment);
      known = step.write ?? known;
      if (step.action !== 'tell' || known === undefined) return step.action;
      known = afterTelling(known, kindOf(record), tell(`${kindOf(record).replace(/:.*/s, '')} ${known.count}`), moment);
      return step.action;
    },
    succeeds(hours: number, firedAt?: Date, now = hour(hours)) {
      const at = hour(hours);
      const step = afterSuccess(known, { at, ...(firedAt && { firedAt }) }, { now, by: `success-${hours}`, canTell });
      known = step.write ?? known;
      if (step.action !== 'tell' || known === undefined) return step.action;
      known = afterResolving(known, at, tell('resolved'));
      return step.action;
    },
  };
}
