import type { Lane } from './fault.ts';
import { bucketNetworkLane, gatewayLane, storeLane } from './faults-bucket.ts';
import { functionLane } from './faults-function.ts';
import { postgresLane, sessionLane } from './faults-postgres.ts';
import { storedLane } from './faults-stored.ts';

/** Lanes that take their turns in the same places, and so on the same servers: those that any of them harms are their own. */
export type Course = readonly Lane[];

/** The whole campaign. The longest first: they run side by side. */
const LONG: readonly Course[] = [
  [gatewayLane],
  [functionLane],
  [postgresLane],
  [sessionLane],
  [storeLane],
  [bucketNetworkLane],
  [storedLane],
];

/** As few places as can be: each begins with a backup of its own, and a lane's few faults take no longer. */
const SHORT: readonly Course[] = [
  [postgresLane, sessionLane],
  [functionLane, storedLane],
  [storeLane, bucketNetworkLane],
];

export const COURSES = { short: SHORT, long: LONG };
