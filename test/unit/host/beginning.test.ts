import { expect, test } from 'vitest';
import { planBeginning } from '../../../events/host/beginning.ts';
import { type Accepted, NO_JOURNAL } from '../../../events/host/journal.ts';
import { scheduled } from '../../../events/host/scheduled.ts';
import { keyOf } from '../../../layers/schedule/dump-schedules.ts';

const databases = ['shop', 'billing'];
const NIGHTLY = { expression: 'cron(0 2 * * ? *)', timezone: 'UTC' };
const HOURLY = { expression: 'rate(1 hour)', timezone: 'UTC' };
const dumps = { dumps: [{ ...NIGHTLY, databases }] };
/** That a nightly dump was missed then. */
const missedAt = (dueAt: Date) => ({ dumps: new Map([[keyOf(NIGHTLY), dueAt]]) });
const accept = (key: string, event: unknown): Accepted => NO_JOURNAL.accept(key, event);
const dumpOf = (database: string, dueAt: string) => accept('dump', scheduled(new Date(dueAt), { database }));

test('a first start dumps every database at once and looks', () => {
  const now = new Date('2026-11-24T09:00:00Z');
  expect(planBeginning({ left: [], dumps, missed: missedAt(now) })).toEqual({
    ...{
      takeUp: [],
      drop: [],
      dump: databases,
      find: [],
      look: true,
      retention: false,
      base: false,
      recovery: false,
      refresh: [],
    },
  });
});

test('nothing missed, nothing left: it looks', () => {
  expect(planBeginning({ left: [], dumps, missed: {} })).toEqual({
    ...{
      takeUp: [],
      drop: [],
      dump: [],
      find: [],
      look: true,
      retention: false,
      base: false,
      recovery: false,
      refresh: [],
    },
  });
});

test('of each database one dump: the latest that was accepted, or the missed one if that is later', () => {
  const old = dumpOf('shop', '2026-11-21T02:00:00Z');
  const newer = dumpOf('shop', '2026-11-22T02:00:00Z');
  const billing = dumpOf('billing', '2026-11-24T02:00:00Z');
  const left = [old, newer, billing];

  expect(planBeginning({ left, dumps, missed: {} })).toMatchObject({
    ...{ takeUp: [newer, billing], drop: [old], dump: [] },
  });
  const missed = missedAt(new Date('2026-11-24T02:00:00Z'));
  expect(planBeginning({ left, dumps, missed })).toMatchObject({
    ...{ takeUp: [billing], drop: [old, newer], dump: ['shop'] },
  });
});

test('a dump of a database that is no longer configured is dropped', () => {
  const left = [dumpOf('gone', '2026-11-24T02:00:00Z')];
  expect(planBeginning({ left, dumps, missed: {} })).toMatchObject({ takeUp: [], drop: left });
});

test('of several looks and retentions the latest each', () => {
  const looks = ['2026-11-24T02:00:00Z', '2026-11-24T03:00:00Z'].map((at) => accept('verify', scheduled(new Date(at))));
  const retentions = ['2026-11-23T03:30:00Z', '2026-11-24T03:30:00Z'].map((at) =>
    accept('retention', scheduled(new Date(at))),
  );
  const plan = planBeginning({ left: [...looks, ...retentions], dumps, missed: {} });
  expect(plan).toMatchObject({ takeUp: [retentions[1], looks[1]], find: [], look: false, retention: false });
  const missed = { retention: new Date('2026-11-25T03:30:00Z') };
  expect(planBeginning({ left: retentions, dumps, missed })).toMatchObject({ drop: retentions, retention: true });
});

test('notifications of the bucket and records for notify are all taken up', () => {
  const left = [
    accept('verify', { Records: [{}] }),
    accept('verify', { Records: [] }),
    accept('notify', { version: '1.0' }),
  ];
  expect(planBeginning({ left, dumps, missed: {} })).toMatchObject({ takeUp: left, drop: [], look: true });
});

test('a base backup that was missed is fired, unless one was accepted that is as good', () => {
  const missedAt = new Date('2026-11-22T01:30:00Z');
  const accepted = accept('base', scheduled(new Date('2026-11-23T01:30:00Z'), { kind: 'incremental' }));
  const older = accept('base', scheduled(new Date('2026-11-21T01:30:00Z'), { kind: 'incremental' }));
  const plan = (kind: 'full' | 'incremental', left: readonly Accepted[]) =>
    planBeginning({ left, dumps, missed: { base: { kind, dueAt: missedAt } } });
  expect(plan('full', [])).toMatchObject({ base: true, takeUp: [] });
  expect(plan('full', [older])).toMatchObject({ base: true, drop: [older] });
  expect(plan('incremental', [older])).toMatchObject({ base: false, takeUp: [older] });
  expect(planBeginning({ left: [older, accepted], dumps, missed: {} })).toMatchObject({
    ...{ base: false, takeUp: [accepted], drop: [older] },
  });
});

test('a recovery drill that was missed is fired, or the latest that was accepted is taken up', () => {
  const accepted = accept('recovery', scheduled(new Date('2026-11-23T05:00:00Z')));
  const missed = { recovery: new Date('2026-11-24T05:00:00Z') };
  expect(planBeginning({ left: [accepted], dumps, missed })).toMatchObject({ recovery: true, drop: [accepted] });
  expect(planBeginning({ left: [accepted], dumps, missed: {} })).toMatchObject({
    ...{ recovery: false, takeUp: [accepted] },
  });
});

test('of each refresh the latest that was accepted or missed; of one that is not configured any more, none', () => {
  const refreshOf = (refresh: string, at: string) => accept('refresh', scheduled(new Date(at), { refresh }));
  const [staging, older, gone] = [
    refreshOf('staging', '2026-11-23T05:00:00Z'),
    refreshOf('staging', '2026-11-16T05:00:00Z'),
    refreshOf('gone', '2026-11-23T05:00:00Z'),
  ];
  const plan = (refreshes: ReadonlyMap<string, Date>) =>
    planBeginning({
      ...{ left: [older, staging, gone], dumps, missed: { refreshes } },
      refreshes: [{ name: 'staging' }, { name: 'test' }],
    });
  expect(plan(new Map())).toMatchObject({ refresh: [], takeUp: [staging], drop: [older, gone] });
  const at = new Date('2026-11-30T05:00:00Z');
  expect(
    plan(
      new Map([
        ['staging', at],
        ['test', at],
      ]),
    ),
  ).toMatchObject({
    ...{ refresh: ['staging', 'test'], takeUp: [], drop: [older, staging, gone] },
  });
});

test('where databases are found, find is fired, and takes the place of dumps of its firing and of older ones', () => {
  const old = dumpOf('shop', '2026-11-21T02:00:00Z');
  const last = [dumpOf('shop', '2026-11-22T02:00:00Z'), dumpOf('anything', '2026-11-22T02:00:00Z')];
  const plan = (left: readonly Accepted[], dump?: Date) =>
    planBeginning({
      left,
      dumps: { dumps: [{ ...NIGHTLY, databases: ['named'] }], finds: true },
      missed: dump ? missedAt(dump) : {},
    });
  const now = new Date('2026-11-24T09:00:00Z');
  expect(plan([], now)).toMatchObject({ find: [keyOf(NIGHTLY)], dump: [], takeUp: [] });
  expect(plan([old, ...last], now)).toMatchObject({
    find: [keyOf(NIGHTLY)],
    dump: [],
    takeUp: [],
    drop: [old, ...last],
  });
  // Find had answered, and the dumps of its last firing go on.
  expect(plan([old, ...last])).toMatchObject({ find: [], takeUp: last, drop: [old] });

  const find = accept('find', scheduled(new Date('2026-11-22T02:00:00Z')));
  const newer = dumpOf('shop', '2026-11-23T02:00:00Z');
  expect(plan([find, ...last, newer])).toMatchObject({ find: [], takeUp: [find, newer], drop: last });
  expect(plan([find], now)).toMatchObject({ find: [keyOf(NIGHTLY)], drop: [find] });
  expect(planBeginning({ left: [find], dumps, missed: {} })).toMatchObject({ find: [], drop: [find] });
});

test('each schedule has missed its own', () => {
  const groups = [
    { ...NIGHTLY, databases: ['shop'] },
    { ...HOURLY, databases: ['billing'] },
  ];
  const [two, five] = [new Date('2026-11-24T02:00:00Z'), new Date('2026-11-24T05:00:00Z')];
  const missed = { dumps: new Map([[keyOf(HOURLY), five]]) };
  expect(planBeginning({ left: [], dumps: { dumps: groups }, missed })).toMatchObject({ dump: ['billing'], find: [] });
  const scheduleOf = (database: string) => (database.startsWith('b') ? HOURLY : NIGHTLY);
  const findOf = ({ expression: schedule, timezone }: typeof NIGHTLY, at: Date) =>
    accept('find', scheduled(at, { schedule, timezone }));
  const [nightly, hourly] = [findOf(NIGHTLY, two), findOf(HOURLY, two)];
  const left = [nightly, hourly, dumpOf('billing', '2026-11-24T04:00:00Z'), dumpOf('shop', '2026-11-24T04:00:00Z')];
  const plan = planBeginning({ left, dumps: { dumps: groups, finds: true, scheduleOf }, missed });
  // The find that is fired now has billing dumped; the one that is taken up is older than the dump of shop.
  expect(plan).toMatchObject({ find: [keyOf(HOURLY)], takeUp: [nightly, left[3]], drop: [hourly, left[2]] });
});
