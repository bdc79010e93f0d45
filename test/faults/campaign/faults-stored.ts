import { PutObjectCommand } from '@aws-sdk/client-s3';
import { parseObjectCreated } from '../../../events/object-created.ts';
import { manifestKey } from '../../../layers/backup/keys.ts';
import type { Manifest } from '../../../layers/backup/manifest.ts';
import { archiveOf } from '../../support/world/archive.ts';
import { nameOf } from '../../support/world/world.ts';
import type { Fault, Lane, Point, Run } from './fault.ts';
import { backupOf, type Place } from './place.ts';
import { anywhere, randomFrom } from './points.ts';

/** Harm to what is stored already, before verify has looked at it. */
function harmed(
  name: string,
  points: readonly Point[],
  shortPoints: readonly Point[],
  harm: (place: Place, manifest: Manifest, point: Point) => Promise<unknown>,
): Fault {
  return {
    name,
    points,
    shortPoints,
    async inject(place, point) {
      const dumped = await place.dump();
      const manifest = backupOf(dumped);
      await harm(place, manifest, point);
      // The dump told the truth when it did; what is claimed from now on is verify's.
      return { runs: [await place.verify(manifest)], struck: true, destroyed: [nameOf(manifest)] };
    },
  };
}

async function overwrite({ vault }: Place, key: string, body: Uint8Array | string): Promise<void> {
  await vault.client.s3.send(new PutObjectCommand({ Bucket: vault.bucket, Key: key, Body: body }));
}

async function flipBit(place: Place, manifest: Manifest, share: Point): Promise<void> {
  const bytes = await archiveOf(place.vault, manifest);
  const at = Math.floor(bytes.length * Number(share));
  bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8));
  await overwrite(place, manifest.archive.key, bytes);
}

async function truncate(place: Place, manifest: Manifest, share: Point): Promise<void> {
  const bytes = await archiveOf(place.vault, manifest);
  await overwrite(place, manifest.archive.key, bytes.subarray(0, Math.floor(bytes.length * Number(share))));
}

/** Whose manifest is put in place of a backup's own. */
async function exchange(place: Place, manifest: Manifest, whose: Point): Promise<void> {
  const { here, vault, dump } = place;
  const key = manifestKey(vault.prefix, nameOf(manifest));
  if (whose === 'with its own name on it') {
    const { archive, globals } = backupOf(await dump());
    const mixed = { ...manifest, archive: { ...archive, key: manifest.archive.key }, globals };
    return overwrite(place, key, JSON.stringify(mixed));
  }
  const other = whose === 'an earlier one' ? await firstManifest(place) : backupOf(await dump());
  if (other.database !== here.database) throw new Error('the place has one database');
  return overwrite(place, key, JSON.stringify(other));
}

async function firstManifest({ vault }: Place): Promise<Manifest> {
  const [first] = (await vault.listAll()).filter(({ key }) => key.endsWith('manifest.json'));
  return JSON.parse((await vault.getText(first?.key ?? '')) ?? '') as Manifest;
}

/** Bytes that arrive wrong though they are stored right: an alarm, but never a word of praise for wrong bytes. */
const garbledReading: Fault = {
  name: 'a byte changed on the way to verify',
  points: ['archive', 'globals', 'manifest'],
  shortPoints: [],
  async inject(place, point) {
    const dumped = await place.dump();
    const manifest = backupOf(dumped);
    const key =
      point === 'manifest'
        ? manifestKey(place.vault.prefix, nameOf(manifest))
        : manifest[point === 'globals' ? 'globals' : 'archive'].key;
    let met = 0;
    place.store.rule = (request) =>
      request.method === 'GET' && request.key === key && met++ === 0 ? 'garble answer' : 'pass';
    return { runs: [dumped, await place.verify(manifest)], struck: met > 0 };
  },
};

/** The bucket's events of a few new backups, as seldom, often, late and disordered as chance has it. */
const events: Fault = {
  name: 'events lost, doubled, late, out of order',
  points: [1, 2, 3, 4, 5, 6, 7, 8],
  shortPoints: [1],
  async inject(place, seed) {
    const random = randomFrom(Number(seed));
    const runs: Run[] = [];
    const undelivered: unknown[] = [];
    for (let backup = 0; backup < 3; backup++) {
      const firedAt = place.nextFiring();
      const event = createdEvent(place, firedAt);
      // One that comes before the manifest does, as when it is of an earlier try.
      if (random() < 0.3) runs.push(...(await deliver(place, [event])));
      runs.push(await place.dump({ firedAt }));
      for (let copies = Math.floor(random() * 4); copies > 0; copies--) undelivered.push(event);
    }
    const gone = backupOf(await place.dump());
    undelivered.push(createdEvent(place, new Date(gone.firedAt)));
    for (const { key } of await place.vault.listAll()) {
      if (key.startsWith(gone.archive.key.replace(/archive-.*/, ''))) await place.vault.remove(key);
    }
    undelivered.sort(() => random() - 0.5);
    // Two at a time: deliveries overlap.
    while (undelivered.length > 0) runs.push(...(await deliver(place, undelivered.splice(0, 2))));
    return { runs, struck: true };
  },
};

async function deliver({ here }: Place, batch: readonly unknown[]): Promise<Run[]> {
  return Promise.all(
    batch.map(async (event): Promise<Run> => {
      try {
        for (const { database, firedAt } of parseObjectCreated(event, here.vault)) {
          await here.verify({ database, firedAt: firedAt.toISOString() });
        }
        return { function: 'verify' };
      } catch (error) {
        return { function: 'verify', error };
      }
    }),
  );
}

/** As Ceph sends it. */
function createdEvent({ vault, here }: Place, firedAt: Date): unknown {
  const key = manifestKey(vault.prefix, { database: here.database, firedAt });
  const s3 = { bucket: { name: vault.bucket }, object: { key, size: 1 } };
  return { Records: [{ eventVersion: '2.2', eventSource: 'ceph:s3', eventName: 'ObjectCreated:Put', s3 }] };
}

const OTHERS = ['an earlier one', 'a later one', 'with its own name on it'] as const;

export const storedLane: Lane = {
  name: 'what is stored',
  servers: 'shared',
  faults: [
    harmed('a bit flipped in an archive', anywhere(21, 16), anywhere(21, 1), flipBit),
    harmed('an archive truncated', [0, ...anywhere(22, 8), 0.9999], [], truncate),
    harmed('a manifest of another backup', OTHERS, [], exchange),
    harmed('an object gone', ['archive', 'globals'], [], ({ vault }, { archive, globals }, point) =>
      vault.remove(point === 'archive' ? archive.key : globals.key),
    ),
    garbledReading,
    events,
  ],
};
