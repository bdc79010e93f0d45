import type { NetConnectOpts } from 'node:net';
import type { Report } from './http.ts';
import type { Part } from './looks.ts';
import { whyUnreachable } from './reach.ts';

export interface ReadinessOptions {
  /** Where it may listen. */
  readonly postgres: readonly NetConnectOpts[];
  readonly bucketServer: NetConnectOpts;
  /** How verify hears of new backups. */
  readonly notifications: 'pushed' | 'polled';
}

/** Answers of a moment ago serve: probes come from several sides. */
const FRESH_MS = 2_000;

export type Readiness = ReturnType<typeof openReadiness>;

/**
 * Whether the service can do its work: each part was found well once since the start, and its server takes connections
 * now.
 */
export function openReadiness({ postgres, bucketServer, notifications }: ReadinessOptions) {
  const well = new Set<Part>();
  let last: { readonly at: number; readonly report: Promise<Report> } | undefined;

  async function look(): Promise<Report> {
    const reach = async (part: Part, places: readonly NetConnectOpts[]) =>
      well.has(part) && (await whyUnreachable(places)) === undefined;
    const [database, bucket] = await Promise.all([reach('database', postgres), reach('bucket', [bucketServer])]);
    const programs = well.has('programs');
    return {
      ok: programs && database && bucket,
      ...{ bucket, postgres: database, programs, notifications: well.has('bucket') ? notifications : false },
    };
  }

  return {
    found(part: Part): void {
      well.add(part);
      last = undefined;
    },
    report(now: number): Promise<Report> {
      if (last === undefined || now - last.at >= FRESH_MS) last = { at: now, report: look() };
      return last.report;
    },
  };
}
