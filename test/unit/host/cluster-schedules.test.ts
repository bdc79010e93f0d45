import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { NO_MEMORY } from '../../../events/host/clock-memory.ts';
import { startClusterSchedules } from '../../../events/host/cluster-schedules.ts';
import type { Schedule } from '../../../events/host/schedule.ts';

let schedules: Schedule[];
/** Ends the run of wal that is under way. */
let end: (() => void) | undefined;
let fired: number;

beforeEach(() => {
  vi.useFakeTimers();
  schedules = [];
  fired = 0;
});
afterEach(() => {
  for (const schedule of schedules) schedule.stop();
  vi.useRealTimers();
});

const NOTHING = {
  ...{
    takeUp: [],
    drop: [],
    dump: [],
    find: [],
    look: false,
    retention: false,
    base: false,
    refresh: [],
    recovery: false,
  },
};

function begin(walFollows: boolean): void {
  const fire = () => {
    fired += 1;
    return new Promise<void>((resolve) => {
      end = resolve;
    });
  };
  const start = (schedule: Schedule) => {
    schedules.push(schedule);
    return schedule.next;
  };
  const config = { walSchedule: 'rate(1 hour)', walFollows };
  const cluster = startClusterSchedules({ config, fire, clock: NO_MEMORY, start, polled: undefined });
  cluster.begin({}, NOTHING, new Date());
}

async function ended(afterMs: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(afterMs);
  end?.();
  await vi.advanceTimersByTimeAsync(0);
}

test('a run that followed is followed by the next at once, until nothing is fired any more', async () => {
  begin(true);
  expect(fired).toBe(1);
  await ended(900_000);
  expect(fired).toBe(2);
  await ended(900_000);
  expect(fired).toBe(3);
  for (const schedule of schedules) schedule.stop();
  await ended(900_000);
  expect(fired).toBe(3);
});

test('one that ended early waits for its schedule: another has the slot, or it failed', async () => {
  begin(true);
  await ended(500);
  expect(fired).toBe(1);
  // Croner fires in the second after.
  await vi.advanceTimersByTimeAsync(3_602_000);
  expect(fired).toBe(2);
});

test('without follow each run waits for its schedule', async () => {
  begin(false);
  await ended(900_000);
  expect(fired).toBe(1);
});

function recoveries(recoverySchedule: string, hasUnprovedBase?: () => Promise<boolean>): string[] {
  const names: string[] = [];
  startClusterSchedules({
    config: { recoverySchedule },
    fire: async (name) => void names.push(name),
    clock: NO_MEMORY,
    start(schedule) {
      schedules.push(schedule);
      return schedule.next;
    },
    polled: hasUnprovedBase && { hasUnprovedBase, everyS: 60 },
  });
  return names;
}

test('recovery is fired by its schedule', async () => {
  const names = recoveries('rate(1 hour)');
  await vi.advanceTimersByTimeAsync(3_500_000);
  expect(names).toEqual([]);
  await vi.advanceTimersByTimeAsync(102_000);
  expect(names).toEqual(['recovery']);
});

test('where the bucket is polled, recovery is fired by a base backup without a verdict', async () => {
  let unproved = false;
  const names = recoveries('rate(1 day)', async () => unproved);
  await vi.advanceTimersByTimeAsync(180_000);
  expect(names).toEqual([]);
  unproved = true;
  await vi.advanceTimersByTimeAsync(62_000);
  expect(new Set(names)).toEqual(new Set(['recovery']));
});

test('a recovery drill that was missed is fired at once, and remembered; a start without one remembers itself', () => {
  const served = new Map<string, Date>();
  const names: string[] = [];
  const begun = (recovery: Date | undefined) =>
    startClusterSchedules({
      config: { recoverySchedule: 'rate(1 day)' },
      fire: async (name) => void names.push(name),
      clock: { servedAt: (name) => served.get(name), serve: (name, at) => void served.set(name, at) },
      start(schedule) {
        schedules.push(schedule);
        return schedule.next;
      },
      polled: undefined,
    }).begin({ recovery }, { ...NOTHING, recovery: recovery !== undefined }, new Date());
  begun(undefined);
  expect(names).toEqual([]);
  expect(served.get('recovery')).toEqual(new Date());
  const dueAt = new Date(Date.now() - 3_600_000);
  begun(dueAt);
  expect(names).toEqual(['recovery']);
  expect(served.get('recovery')).toEqual(dueAt);
});
