import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseScheduleFired } from '../../../events/schedule-fired.ts';

const now = new Date('2026-11-22T02:00:07.250Z');
const shop = { now, databases: ['shop'] };
const sample = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../events/samples/${name}.json`, import.meta.url), 'utf8'));
const firing = new Date('2026-11-22T02:00:00Z');

describe('what is ours', () => {
  test("EventBridge's own event is about the only configured database", () => {
    expect(parseScheduleFired(sample('schedule-fired.aws'), shop)).toEqual({ firedAt: firing, database: 'shop' });
  });

  test('the transformed event names its database', () => {
    const options = { now, databases: ['crm', 'shop'] };
    expect(parseScheduleFired(sample('schedule-fired.database'), options)).toEqual({
      firedAt: firing,
      database: 'shop',
    });
  });

  test('by hand: nothing, a database, a time', () => {
    const second = new Date('2026-11-22T02:00:07Z');
    expect(parseScheduleFired({}, shop)).toEqual({ firedAt: second, database: 'shop' });
    expect(parseScheduleFired({ database: 'shop' }, shop)).toEqual({ firedAt: second, database: 'shop' });
    const timed = { database: 'shop', time: '2026-11-22T02:00:00.999Z' };
    expect(parseScheduleFired(timed, shop)).toEqual({ firedAt: firing, database: 'shop' });
  });

  test("where the configured databases are not known the event's word is taken", () => {
    const { database } = parseScheduleFired(sample('schedule-fired.database'), { now, databases: [] });
    expect(database).toBe('shop');
  });

  test('a clock up to five minutes ahead is let pass', () => {
    const ahead = { time: '2026-11-22T02:05:07Z' };
    expect(parseScheduleFired(ahead, shop).firedAt).toEqual(new Date('2026-11-22T02:05:07Z'));
  });
});

describe('what is not', () => {
  test.each([
    ['not an object', null, 'expected object'],
    ['not an object', 'shop', 'expected object'],
    ['not an object', [], 'expected object'],
    ['a misspelt field', { databse: 'shop' }, 'databse'],
    ['a time that is none', { time: 'yesterday' }, 'time: '],
    ['a time that is no day', { time: '2026-02-30T02:00:00Z' }, 'time: '],
    ['a number for a time', { time: 1_795_312_800 }, 'time: '],
    ['another service', { source: 'aws.ec2', 'detail-type': 'x', time: '2026-11-22T02:00:00Z' }, 'source: '],
    ['an event without its time', { source: 'aws.events', 'detail-type': 'Scheduled Event' }, 'time: '],
    ['an unknown database', { database: 'shpo' }, 'database "shpo" is not configured\nHint: configured are "shop"'],
    ['the future', { time: '2026-11-22T02:05:08Z' }, 'is in the future'],
  ])('%s: %j', (_, event, problem) => {
    expect(() => parseScheduleFired(event, shop)).toThrow(
      expect.objectContaining({ name: 'EventError', message: expect.stringContaining(problem) }),
    );
  });

  test('no database, several configured', () => {
    expect(() => parseScheduleFired({}, { now, databases: ['crm', 'shop'] })).toThrow('one of "crm", "shop"');
    expect(() => parseScheduleFired({}, { now, databases: [] })).toThrow('it does not name a database');
  });

  test('the event itself is not repeated', () => {
    const event = { source: 'aws.ec2', time: 'hunter2', detail: 'hunter2' };
    expect(() => parseScheduleFired(event, shop)).not.toThrow('hunter2');
    expect(() => parseScheduleFired(event, shop)).toThrow('read event schedule fired');
  });
});
