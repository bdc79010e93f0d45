import { cephAdmin } from '../../support/servers/ceph-admin.ts';
import type { Fate } from '../../support/servers/store-proxy.ts';
import { shorteningDeadline } from '../../support/world/shortening-deadline.ts';
import type { Fault, Lane, Point } from './fault.ts';
import type { Line } from './line.ts';
import { dumpStruckAt, isMoment, isStoreMoment, MOMENTS, STORE_MOMENTS, type StoreMoment } from './moments.ts';
import { backupOf, type Place } from './place.ts';
import { anywhere } from './points.ts';

const STORE_POINTS = Object.keys(STORE_MOMENTS).filter(isStoreMoment);
const WRITES = STORE_POINTS.filter((moment) => /part|written/.test(moment));

/** A request of a dump meets a fate: the first time, or as often as it is tried again. */
function fated(
  name: string,
  shortPoints: readonly StoreMoment[],
  { fate, always, points = STORE_POINTS }: { fate: Fate; always: boolean; points?: readonly StoreMoment[] },
): Fault {
  return {
    name: `${name}, ${always ? 'every time' : 'once'}`,
    points,
    shortPoints,
    large: shortPoints.some((moment) => /part|upload/.test(moment)),
    async inject(place, point) {
      const concerned = STORE_MOMENTS[storeMomentOf(point)];
      const { deadline, shorten } = shorteningDeadline();
      let met = 0;
      place.store.rule = (request) => {
        if (!concerned(request) || (met++ > 0 && !always)) return 'pass';
        // A dump waits for such a store until its deadline.
        if (always) shorten();
        return fate;
      };
      return { runs: [await place.dump({ deadline })], struck: met > 0 };
    },
  };
}

/** The connections to the bucket break when a share of all that a dump sends and receives has passed, and time is short. */
function atBytes(name: string, seed: number, breakLine: (line: Line) => void, short = 1): Fault {
  return {
    name,
    points: anywhere(seed, 12),
    shortPoints: anywhere(seed, short),
    async inject(place, point) {
      const { bucketLine, clean } = place;
      const { deadline, shorten } = shorteningDeadline();
      let struck = false;
      bucketLine.at(clean.bucketBytes * Number(point), () => {
        struck = true;
        breakLine(bucketLine);
        shorten();
      });
      return { runs: [await place.dump({ deadline })], struck };
    },
  };
}

/** The bucket's line breaks while verify reads: that says nothing about the backup. One that stays away makes time short. */
function whileVerifying(
  name: string,
  seed: number,
  breakLine: (line: Line, shorten: () => void) => void,
  short = 1,
): Fault {
  return {
    name,
    points: anywhere(seed, 8),
    shortPoints: anywhere(seed, short),
    async inject(place, point) {
      const dumped = await place.dump();
      const manifest = backupOf(dumped);
      const { deadline, shorten } = shorteningDeadline();
      let struck = false;
      place.bucketLine.at(place.bucketLine.passedBytes + place.clean.archiveBytes * Number(point), () => {
        struck = true;
        breakLine(place.bucketLine, shorten);
      });
      return { runs: [dumped, await place.verify(manifest, deadline)], struck };
    },
  };
}

const crawling: Fault = {
  name: 'slow to a crawl',
  points: [1_000, 30_000, 300_000, 1_000_000],
  shortPoints: [30_000],
  async inject(place, bytesPerSecond) {
    place.bucketLine.slowTo(Number(bytesPerSecond));
    return { runs: [await place.dump({ deadlineMs: 5_000 })], struck: true };
  },
};

const killed: Fault = {
  name: 'gateway killed',
  points: MOMENTS,
  shortPoints: [],
  inject: (place, point) => {
    if (!isMoment(point)) throw new Error(`${point} is no moment of a dump`);
    const { deadline, shorten } = shorteningDeadline();
    const act = () => {
      shorten();
      return gatewayOf(place).killGateway();
    };
    return dumpStruckAt(place, point, { act, dump: { deadline } });
  },
};

/** Not waited for: the request may be served before the end, or half, or not at all. */
const killedMeanwhile: Fault = {
  name: 'gateway killed while it answers',
  points: WRITES.flatMap((moment) => [moment, `${moment}, again`, `${moment}, once more`]),
  shortPoints: [],
  async inject(place, point) {
    const moment = storeMomentOf(String(point).split(',')[0] ?? '');
    let killing: Promise<void> | undefined;
    const { deadline, shorten } = shorteningDeadline();
    const act = () => {
      shorten();
      killing = gatewayOf(place).killGateway();
    };
    const strike = await dumpStruckAt(place, moment, { act, dump: { deadline } });
    await killing;
    return strike;
  },
};

/** A quota that leaves room for a share of one more backup. */
const full: Fault = {
  name: 'bucket full',
  points: [0, 0.3, 0.6, 0.9],
  shortPoints: [0.6],
  large: true,
  async inject(place, point) {
    const { vault } = place;
    const used = (await vault.listAll()).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const maxBytes = Math.round(used + Number(point) * place.clean.archiveBytes);
    const admin = (...args: string[]) => cephAdmin(args, place.bucketServer?.dataDir);
    const scope = ['--quota-scope=bucket', `--bucket=${vault.bucket}`];
    await admin('quota', 'set', ...scope, `--max-size=${maxBytes}`);
    await admin('quota', 'enable', ...scope);
    try {
      const run = await place.dump();
      return { runs: [run], struck: true };
    } finally {
      await admin('quota', 'disable', ...scope);
    }
  },
};

function gatewayOf({ bucketServer }: Place) {
  if (bucketServer === undefined) throw new Error('nobody may kill the bucket server that all tests share');
  return bucketServer.ceph;
}

function storeMomentOf(point: Point): StoreMoment {
  if (!isStoreMoment(point)) throw new Error(`${point} is nothing that a dump asks of the store`);
  return point;
}

const internal = { status: 500, code: 'InternalError' };
const slowDown = { status: 503, code: 'SlowDown' };

export const gatewayLane: Lane = {
  name: 'bucket server',
  servers: 'own bucket server',
  faults: [killed, killedMeanwhile],
};

export const storeLane: Lane = {
  name: 'bucket',
  servers: 'shared',
  faults: [
    fated('500', [], { fate: internal, always: false }),
    fated('500', ['manifest written'], { fate: internal, always: true }),
    fated('503 SlowDown', [], { fate: slowDown, always: false }),
    fated('503 SlowDown', [], { fate: slowDown, always: true }),
    fated('answer lost', [], { fate: 'lose answer', always: false }),
    fated('answer lost', [], { fate: 'lose answer', always: true }),
    fated('wrong checksum', [], { fate: 'garble', always: false, points: WRITES }),
    fated('wrong checksum', [], { fate: 'garble', always: true, points: WRITES }),
    full,
  ],
};

export const bucketNetworkLane: Lane = {
  name: 'bucket network',
  servers: 'shared',
  faults: [
    atBytes('connections cut', 11, (line) => line.cut()),
    atBytes('network gone', 12, (line) => line.tear(), 0),
    atBytes('network silent', 13, (line) => line.freeze(), 0),
    crawling,
    whileVerifying('connections cut under verify', 14, (line) => line.cut()),
    whileVerifying('network gone under verify', 15, tearForGood, 0),
  ],
};

function tearForGood(line: Line, shorten: () => void): void {
  line.tear();
  shorten();
}
