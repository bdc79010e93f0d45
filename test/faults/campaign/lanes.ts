import type { Lane } from './fault.ts';
import { bucketNetworkLane, gatewayLane, storeLane } from './faults-bucket.ts';
import { functionLane } from './faults-function.ts';
import { postgresLane, sessionLane } from './faults-postgres.ts';
import { storedLane } from './faults-stored.ts';

/** The whole campaign. The longest first: they run side by side. */
export const LANES: readonly Lane[] = [
  gatewayLane,
  functionLane,
  postgresLane,
  sessionLane,
  storeLane,
  bucketNetworkLane,
  storedLane,
];
