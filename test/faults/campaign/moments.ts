import type { DumpStep } from '../../../layers/postgres/contents/snapshot.ts';
import type { Fate, StoreRequest } from '../../support/servers/store-proxy.ts';
import type { DumpOptions } from '../../support/world/world.ts';
import type { Run } from './fault.ts';
import type { Place } from './place.ts';

/** What a dump asks of the store, in this order; the second part only if the archive is large. */
export const STORE_MOMENTS = {
  'bucket looked for': ({ query }) => query.has('list-type'),
  'manifest looked for': ({ method, key }) => method === 'GET' && key.endsWith('manifest.json'),
  'upload begun': ({ method, query }) => method === 'POST' && query.has('uploads'),
  'first part': ({ method, query }) => method === 'PUT' && query.get('partNumber') === '1',
  'second part': ({ method, query }) => method === 'PUT' && query.get('partNumber') === '2',
  'upload completed': ({ method, query }) => method === 'POST' && query.has('uploadId'),
  'globals written': ({ method, key }) => method === 'PUT' && key.endsWith('.sql'),
  'manifest written': ({ method, key }) => method === 'PUT' && key.endsWith('manifest.json'),
} as const satisfies Record<string, (request: StoreRequest) => boolean>;

export type StoreMoment = keyof typeof STORE_MOMENTS;

/** How the snapshot is taken. */
const STEPS = ['listed', 'locked', 'exported', 'relisted'] as const satisfies readonly DumpStep[];

/** The moments of a dump of several parts, in order. */
export const MOMENTS = [
  ...(['bucket looked for'] as const),
  ...STEPS,
  ...(['manifest looked for', 'upload begun', 'first byte', 'second part', 'upload completed'] as const),
  ...(['globals written', 'manifest written'] as const),
] as const;
export type Moment = (typeof MOMENTS)[number] | StoreMoment;

export interface Interference {
  /** What happens at the moment, once; false if it came to nothing. The dump waits for it, but for its first byte. */
  readonly act: () => Promise<unknown> | unknown;
  /** What becomes of the request, where the moment is one. */
  readonly fate?: Fate;
  readonly dump?: DumpOptions;
}

/** Dumps, and does something when the dump reaches a moment. */
export async function dumpStruckAt(
  place: Place,
  moment: Moment,
  { act, fate = 'pass', dump = {} }: Interference,
): Promise<{ runs: Run[]; struck: boolean }> {
  let acting: Promise<unknown> | undefined;
  const strike = () => {
    acting ??= Promise.resolve(act());
    return acting;
  };
  place.store.rule = async (request): Promise<Fate> => {
    if (acting || !isStoreMoment(moment) || !STORE_MOMENTS[moment](request)) return 'pass';
    await strike();
    return fate;
  };
  const run = await place.dump({
    ...dump,
    onStep: async (step) => {
      if (step === moment && !acting) await strike();
    },
    onProgress: () => {
      if (moment === 'first byte') void strike().catch(() => {});
    },
  });
  const struck = acting !== undefined && (await acting) !== false;
  return { runs: [run], struck };
}

export function isStoreMoment(point: unknown): point is StoreMoment {
  return typeof point === 'string' && point in STORE_MOMENTS;
}

export function isMoment(point: unknown): point is Moment {
  return isStoreMoment(point) || (MOMENTS as readonly unknown[]).includes(point);
}
