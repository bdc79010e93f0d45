import { textOf } from '../../../layers/backup/errors.ts';
import { startTestCeph } from '../../support/servers/ceph.ts';
import type { Fault, Lane, Point, Strike } from './fault.ts';
import { checkInvariants, type Findings, remember, type Violation } from './invariants.ts';
import type { Course } from './lanes.ts';
import { makePlace, type Place, type Servers } from './place.ts';
import { type RestartablePostgres, startRestartablePostgres } from './restartable-postgres.ts';

export interface CampaignOptions {
  readonly courses: readonly Course[];
  readonly form: 'short' | 'long';
  /** Told of each injection when it was checked. */
  readonly onInjection?: (injection: Injection) => void;
}

/** One fault at one point, and what came of it. */
export interface Injection {
  readonly lane: string;
  readonly fault: string;
  readonly point: Point;
  readonly struck: boolean;
  /** How many runs under the fault succeeded, and how many failed. */
  readonly succeeded: number;
  readonly failed: number;
  /** How often the next dump had to be tried. */
  readonly tries: number;
  readonly falseAlarms: number;
  readonly told: readonly string[];
  readonly violations: readonly Violation[];
  readonly durationMs: number;
}

/** As many injections share a place: what each left is there for the next, and all of it is read again every time. */
const INJECTIONS_A_PLACE = { small: 8, large: 5 };

/** Injects every fault at its points, courses side by side, and checks the invariants after each. */
export async function runCampaign(options: CampaignOptions): Promise<Injection[]> {
  let shared: Promise<RestartablePostgres> | undefined;
  const sharedPostgres = () => {
    shared ??= startRestartablePostgres();
    return shared;
  };
  try {
    // One that breaks off must not take the servers from the others.
    const courses = await Promise.allSettled(options.courses.map((one) => runCourse(one, options, sharedPostgres)));
    return courses.flatMap((course) => {
      if (course.status === 'rejected') throw course.reason;
      return course.value;
    });
  } finally {
    await (await shared)?.end();
  }
}

async function runCourse(
  lanes: Course,
  { form, onInjection }: CampaignOptions,
  sharedPostgres: () => Promise<RestartablePostgres>,
): Promise<Injection[]> {
  const steps = stepsOf(lanes, form);
  if (steps.length === 0) return [];
  const ownPostgres = lanes.some(({ servers }) => servers === 'own PostgreSQL');
  const ownBucketServer = lanes.some(({ servers }) => servers === 'own bucket server');
  const [postgres, bucketServer] = await Promise.all([
    ownPostgres ? startRestartablePostgres() : sharedPostgres(),
    ownBucketServer ? startTestCeph() : undefined,
  ]);
  const injections: Injection[] = [];
  const places = openPlaces({ postgres, bucketServer }, form === 'long');
  try {
    for (const { lane, fault, point } of steps) {
      const place = await places.next(form === 'long' || fault.large === true);
      const injection = await injectOnce(place, lane, fault, point);
      onInjection?.(injection);
      injections.push(injection);
    }
    return injections;
  } finally {
    await places.end().finally(async () => {
      if (ownPostgres) await postgres.end();
      await bucketServer?.end();
    });
  }
}

function stepsOf(lanes: Course, form: CampaignOptions['form']) {
  return lanes.flatMap((lane) =>
    lane.faults.flatMap((fault) => {
      const points = form === 'short' ? fault.shortPoints : fault.points;
      return points.map((point) => ({ lane, fault, point }));
    }),
  );
}

/** Places of either size, each used a few times. */
function openPlaces(servers: Servers, drills: boolean) {
  const open = new Map<boolean, { readonly place: Place; used: number }>();
  return {
    async next(large: boolean): Promise<Place> {
      const current = open.get(large);
      if (current && current.used++ < INJECTIONS_A_PLACE[large ? 'large' : 'small']) return current.place;
      await current?.place.end();
      const place = await makePlace({ servers, large, drills });
      open.set(large, { place, used: 1 });
      return place;
    },
    async end(): Promise<void> {
      for (const { place } of open.values()) await place.end();
    },
  };
}

async function injectOnce(place: Place, lane: Lane, fault: Fault, point: Point): Promise<Injection> {
  const startedAt = performance.now();
  const { strike, violations, ...findings } = await injectAndCheck(place, fault, point).catch((error: unknown) => ({
    strike: { runs: [], struck: false },
    violations: [{ invariant: 'the next run works' as const, what: `the injection itself failed: ${textOf(error)}` }],
    ...{ told: [], tries: 0, falseAlarms: 0 },
  }));
  const failed = strike.runs.filter(({ error }) => error !== undefined).length;
  return {
    ...{ lane: lane.name, fault: fault.name, point, struck: strike.struck, ...findings, violations },
    ...{ succeeded: strike.runs.length - failed, failed, durationMs: Math.round(performance.now() - startedAt) },
  };
}

async function injectAndCheck(place: Place, fault: Fault, point: Point): Promise<Findings & { strike: Strike }> {
  const before = await remember(place);
  const strike = await fault.inject(place, point).finally(place.calm);
  return { strike, ...(await checkInvariants(place, before, strike)) };
}
