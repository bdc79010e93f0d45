import { readTarget } from '../../layers/postgres/connect/read-target.ts';
import { MAINTENANCE_DATABASE } from '../../layers/postgres/places/restore-target.ts';
import type { RefreshConfig } from './config.ts';
import type { RefreshDeps } from './request.ts';

/** What of a refresh's dependencies follows from its configuration. */
export function refreshDeps({
  isBackedUp,
  identities,
}: Pick<RefreshConfig, 'isBackedUp' | 'identities'>): Pick<RefreshDeps, 'isBackedUp' | 'identities' | 'target'> {
  return {
    ...{ isBackedUp, identities },
    target: ({ postgres }) => readTarget(postgres, Date.now(), { database: MAINTENANCE_DATABASE }),
  };
}
