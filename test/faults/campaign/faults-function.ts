import { backupFolder } from '../../../layers/backup/keys.ts';
import type { Manifest } from '../../../layers/backup/manifest.ts';
import type { Fate } from '../../support/servers/store-proxy.ts';
import { nameOf } from '../../support/world/world.ts';
import type { Fault, Lane, Run, Strike } from './fault.ts';
import { type FunctionStart, startFunction } from './function-process.ts';
import { isStoreMoment, STORE_MOMENTS } from './moments.ts';
import { backupOf, type Place } from './place.ts';
import { anywhere } from './points.ts';

const STORE_POINTS = Object.keys(STORE_MOMENTS).filter(isStoreMoment);

const dumpKilled: Fault = {
  name: 'dump killed',
  // What it asks of the store, and anywhere in what it says to the server.
  points: [...STORE_POINTS, ...anywhere(31, 10)],
  shortPoints: ['upload completed'],
  large: true,
  async inject(place, point) {
    const { store, postgresLine, clean } = place;
    const dump = startDump(place);
    let struck = false;
    const kill = () => {
      struck = true;
      dump.kill();
    };
    if (isStoreMoment(point)) {
      store.rule = async (request): Promise<Fate> => {
        if (struck || !STORE_MOMENTS[point](request)) return 'pass';
        kill();
        await dump.ended;
        // It was sent whole, or not: both happen.
        return point === 'manifest written' ? 'pass' : 'cut';
      };
    } else {
      postgresLine.at(clean.postgresBytes * Number(point), kill);
    }
    return { runs: [await dump.ended], struck };
  },
};

const dumpOutOfTime: Fault = {
  name: 'dump out of time',
  points: [100, 300, 600, 1_000, 1_500, 2_000, 3_000, 4_000],
  shortPoints: [1_000],
  inject: async (place, timeoutMs) => {
    // So slow a line that no point is late enough.
    place.bucketLine.slowTo(20_000);
    return outOfTime(await startDump(place, { timeoutMs: Number(timeoutMs) }).ended);
  },
};

const dumpOutOfMemory: Fault = {
  name: 'dump out of memory',
  points: [8, 12, 16, 20, 24, 28, 32, 36, 40, 48],
  shortPoints: [12],
  inject: async (place, megabytes) => ({
    runs: [await startDump(place, { flags: [`--max-old-space-size=${megabytes}`] }).ended],
    struck: true,
  }),
};

const verifyKilled: Fault = {
  name: 'verify killed',
  points: ['listing', 'manifest', 'archive', 'globals', 'verdict'],
  shortPoints: ['archive'],
  async inject(place, point) {
    const { manifest, run } = await verifyOfNew(place);
    let struck = false;
    place.store.rule = async ({ method, key, query }): Promise<Fate> => {
      const reached = {
        listing: query.has('list-type'),
        manifest: method === 'GET' && key.endsWith('manifest.json'),
        archive: method === 'GET' && key === manifest.archive.key,
        globals: method === 'GET' && key === manifest.globals.key,
        verdict: method === 'PUT' && key.includes('/verdict-'),
      }[String(point)];
      if (struck || !reached) return 'pass';
      struck = true;
      verify.kill();
      await verify.ended;
      return 'pass';
    };
    const verify = run({});
    return { runs: [await verify.ended], struck };
  },
};

const verifyOutOfTime: Fault = {
  name: 'verify out of time',
  points: [50, 200, 500, 1_000, 2_000],
  shortPoints: [],
  async inject(place, timeoutMs) {
    const { run } = await verifyOfNew(place);
    place.bucketLine.slowTo(20_000);
    return outOfTime(await run({ timeoutMs: Number(timeoutMs) }).ended);
  },
};

const verifyOutOfMemory: Fault = {
  name: 'verify out of memory',
  points: [8, 16, 24, 32, 40],
  shortPoints: [],
  async inject(place, megabytes) {
    const { run } = await verifyOfNew(place);
    return { runs: [await run({ flags: [`--max-old-space-size=${megabytes}`] }).ended], struck: true };
  },
};

/** It retires all but the newest, and may be ended before any of its requests. */
const retentionKilled: Fault = {
  name: 'retention killed',
  points: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  shortPoints: [4],
  async inject(place, request) {
    const env = { KEEP_LAST: '1', RETENTION_GRACE_DAYS: '7' };
    const start = () => startFunction(place, { name: 'retention', event: SCHEDULED, env });
    for (let backup = 1; backup <= 3; backup++) await place.verify(backupOf(await place.dump()));
    const retention = start();
    let requests = 0;
    let struck = false;
    place.store.rule = async (): Promise<Fate> => {
      requests++;
      if (requests !== Number(request)) return 'pass';
      struck = true;
      retention.kill();
      await retention.ended;
      return 'pass';
    };
    const killed = await retention.ended;
    place.store.rule = () => 'pass';
    return { runs: [killed, await start().ended], struck };
  },
};

const SCHEDULED = {
  ...{ version: '0', id: '0', source: 'aws.events', 'detail-type': 'Scheduled Event' },
  ...{ time: '2026-01-01T03:30:00Z', detail: {} },
};

function startDump(place: Place, changes: Partial<FunctionStart> = {}) {
  const event = { database: place.here.database, time: place.nextFiring().toISOString().replace('.000Z', 'Z') };
  return startFunction(place, { name: 'dump', event, ...changes });
}

async function verifyOfNew(place: Place) {
  const manifest: Manifest = backupOf(await place.dump());
  const firedAt = backupFolder('', nameOf(manifest)).split('/').at(-2);
  const event = { database: manifest.database, firedAt };
  return {
    manifest,
    run: (changes: Partial<FunctionStart>) => startFunction(place, { name: 'verify', event, ...changes }),
  };
}

function outOfTime(run: Run): Strike {
  return { runs: [run], struck: true };
}

export const functionLane: Lane = {
  name: 'function',
  servers: 'shared',
  faults: [
    dumpKilled,
    dumpOutOfTime,
    dumpOutOfMemory,
    verifyKilled,
    verifyOutOfTime,
    verifyOutOfMemory,
    retentionKilled,
  ],
};
