import type { Catalog, Entry, SharedGlobals } from '../../layers/backup/catalog.ts';
import { manifestKey } from '../../layers/backup/keys.ts';
import { mapBounded } from '../../layers/backup/map-bounded.ts';
import { CONCURRENCY } from './apply-policy.ts';
import type { Run } from './run.ts';
import { isStale, sweepObject } from './sweep.ts';

/**
 * Clears globals that several databases shared, once nothing is left of any backup of their firing: whichever of them a
 * manifest names, kept, retired or unreadable, it is one of its own firing. No dump begins to use what is so old.
 *
 * @returns how many
 */
export async function sweepSharedGlobals(run: Run, { entries, sharedGlobals }: Catalog): Promise<number> {
  const held = new Set(
    [...entries.values()]
      .flat()
      .filter(holdsGlobals)
      .map(({ firedAt }) => firedAt.getTime()),
  );
  const byFiring = new Map<number, SharedGlobals[]>();
  for (const shared of sharedGlobals) {
    const firing = shared.firedAt.getTime();
    if (held.has(firing) || !isStale(run, shared.modifiedAt)) continue;
    byFiring.set(firing, [...(byFiring.get(firing) ?? []), shared]);
  }
  let swept = 0;
  for (const [firing, unused] of byFiring) {
    const firedAt = new Date(firing);
    if (await hasManifest(run, [...entries.keys()], firedAt)) continue;
    for (const shared of unused) {
      swept++;
      await sweepObject(run, { database: undefined, firedAt }, shared, 'no backup of its firing is left');
    }
  }
  return swept;
}

/** An archive without its manifest may be getting it back, and a pin holds a whole folder. */
function holdsGlobals({ manifest, archives, kept }: Entry): boolean {
  return manifest !== undefined || archives.length > 0 || kept !== undefined;
}

/** What was listed may no longer be so. */
async function hasManifest({ vault }: Run, databases: readonly string[], firedAt: Date): Promise<boolean> {
  const found = await mapBounded(databases, CONCURRENCY, async (database) =>
    (await vault.getText(manifestKey(vault.prefix, { database, firedAt }))) === undefined ? [] : [database],
  );
  return found.flat().length > 0;
}
