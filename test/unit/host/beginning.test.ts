import { expect, test } from 'vitest';
import { planBeginning } from '../../../events/host/beginning.ts';
import { type Accepted, NO_JOURNAL } from '../../../events/host/journal.ts';
import { scheduled } from '../../../events/host/scheduled.ts';

const databases = ['shop', 'billing'];
const accept = (key: string, event: unknown): Accepted => NO_JOURNAL.accept(key, event);
const dumpOf = (database: string, dueAt: string) => accept('dump', scheduled(new Date(dueAt), { database }));

test('a first start dumps every database at once and looks', () => {
  const now = new Date('2026-11-24T09:00:00Z');
  expect(planBeginning({ left: [], databases, missed: { dump: now } })).toEqual({
    ...{
      takeUp: [],
      drop: [],
      dump: databases,
      find: false,
      look: true,
      retention: false,
      base: false,
      recovery: false,
    },
  });
});

test('nothing missed, nothing left: it looks', () => {
  expect(planBeginning({ left: [], databases, missed: {} })).toEqual({
    ...{ takeUp: [], drop: [], dump: [], find: false, look: true, retention: false, base: false, recovery: false },
  });
});

test('of each database one dump: the latest that was accepted, or the missed one if that is later', () => {
  const old = dumpOf('shop', '2026-11-21T02:00:00Z');
  const newer = dumpOf('shop', '2026-11-22T02:00:00Z');
  const billing = dumpOf('billing', '2026-11-24T02:00:00Z');
  const left = [old, newer, billing];

  expect(planBeginning({ left, databases, missed: {} })).toMatchObject({
    ...{ takeUp: [newer, billing], drop: [old], dump: [] },
  });
  const missed = { dump: new Date('2026-11-24T02:00:00Z') };
  expect(planBeginning({ left, databases, missed })).toMatchObject({
    ...{ takeUp: [billing], drop: [old, newer], dump: ['shop'] },
  });
});

test('a dump of a database that is no longer configured is dropped', () => {
  const left = [dumpOf('gone', '2026-11-24T02:00:00Z')];
  expect(planBeginning({ left, databases, missed: {} })).toMatchObject({ takeUp: [], drop: left });
});

test('of several looks and retentions the latest each', () => {
  const looks = ['2026-11-24T02:00:00Z', '2026-11-24T03:00:00Z'].map((at) => accept('verify', scheduled(new Date(at))));
  const retentions = ['2026-11-23T03:30:00Z', '2026-11-24T03:30:00Z'].map((at) =>
    accept('retention', scheduled(new Date(at))),
  );
  const plan = planBeginning({ left: [...looks, ...retentions], databases, missed: {} });
  expect(plan).toMatchObject({ takeUp: [retentions[1], looks[1]], find: false, look: false, retention: false });
  const missed = { retention: new Date('2026-11-25T03:30:00Z') };
  expect(planBeginning({ left: retentions, databases, missed })).toMatchObject({ drop: retentions, retention: true });
});

test('notifications of the bucket and records for notify are all taken up', () => {
  const left = [
    accept('verify', { Records: [{}] }),
    accept('verify', { Records: [] }),
    accept('notify', { version: '1.0' }),
  ];
  expect(planBeginning({ left, databases, missed: {} })).toMatchObject({ takeUp: left, drop: [], look: true });
});

test('a base backup that was missed is fired, unless one was accepted that is as good', () => {
  const missedAt = new Date('2026-11-22T01:30:00Z');
  const accepted = accept('base', scheduled(new Date('2026-11-23T01:30:00Z'), { kind: 'incremental' }));
  const older = accept('base', scheduled(new Date('2026-11-21T01:30:00Z'), { kind: 'incremental' }));
  const plan = (kind: 'full' | 'incremental', left: readonly Accepted[]) =>
    planBeginning({ left, databases, missed: { base: { kind, dueAt: missedAt } } });
  expect(plan('full', [])).toMatchObject({ base: true, takeUp: [] });
  expect(plan('full', [older])).toMatchObject({ base: true, drop: [older] });
  expect(plan('incremental', [older])).toMatchObject({ base: false, takeUp: [older] });
  expect(planBeginning({ left: [older, accepted], databases, missed: {} })).toMatchObject({
    ...{ base: false, takeUp: [accepted], drop: [older] },
  });
});

test('a recovery drill that was missed is fired, or the latest that was accepted is taken up', () => {
  const accepted = accept('recovery', scheduled(new Date('2026-11-23T05:00:00Z')));
  const missed = { recovery: new Date('2026-11-24T05:00:00Z') };
  expect(planBeginning({ left: [accepted], databases, missed })).toMatchObject({ recovery: true, drop: [accepted] });
  expect(planBeginning({ left: [accepted], databases, missed: {} })).toMatchObject({
    ...{ recovery: false, takeUp: [accepted] },
  });
});

test('where databases are found, find is fired, and takes the place of dumps of its firing and of older ones', () => {
  const old = dumpOf('shop', '2026-11-21T02:00:00Z');
  const last = [dumpOf('shop', '2026-11-22T02:00:00Z'), dumpOf('anything', '2026-11-22T02:00:00Z')];
  const plan = (left: readonly Accepted[], dump?: Date) =>
    planBeginning({ left, databases: ['named'], finds: true, missed: { ...(dump && { dump }) } });
  const now = new Date('2026-11-24T09:00:00Z');
  expect(plan([], now)).toMatchObject({ find: true, dump: [], takeUp: [] });
  expect(plan([old, ...last], now)).toMatchObject({ find: true, dump: [], takeUp: [], drop: [old, ...last] });
  // Find had answered, and the dumps of its last firing go on.
  expect(plan([old, ...last])).toMatchObject({ find: false, takeUp: last, drop: [old] });

  const find = accept('find', scheduled(new Date('2026-11-22T02:00:00Z')));
  const newer = dumpOf('shop', '2026-11-23T02:00:00Z');
  expect(plan([find, ...last, newer])).toMatchObject({ find: false, takeUp: [find, newer], drop: last });
  expect(plan([find], now)).toMatchObject({ find: true, drop: [find] });
  expect(planBeginning({ left: [find], databases, missed: {} })).toMatchObject({ find: false, drop: [find] });
});
