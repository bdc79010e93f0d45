import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseBaseFired } from '../../../events/base-fired.ts';

const now = new Date('2026-11-22T02:00:07.250Z');
const sample = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../events/samples/${name}.json`, import.meta.url), 'utf8'));

test('the transformed event says which kind, and its time names the base backup', () => {
  const firedAt = new Date('2026-11-22T01:30:00Z');
  expect(parseBaseFired(sample('schedule-fired.base'), now)).toEqual({ firedAt, kind: 'incremental' });
});

test('without a kind it is a full one', () => {
  const firedAt = new Date('2026-11-22T02:00:00Z');
  expect(parseBaseFired(sample('schedule-fired.aws'), now)).toEqual({ firedAt, kind: 'full' });
});

test('by hand: nothing, a kind, a time', () => {
  const second = new Date('2026-11-22T02:00:07Z');
  expect(parseBaseFired({}, now)).toEqual({ firedAt: second, kind: 'full' });
  expect(parseBaseFired({ kind: 'incremental' }, now)).toEqual({ firedAt: second, kind: 'incremental' });
  const timed = { kind: 'full', time: '2026-11-22T01:30:00.999Z' };
  expect(parseBaseFired(timed, now)).toEqual({ firedAt: new Date('2026-11-22T01:30:00Z'), kind: 'full' });
});

test.each([
  ['no event', undefined],
  ['another kind', { kind: 'half' }],
  ['a database', { database: 'shop' }],
  ['the future', { time: '2026-11-22T02:10:00Z' }],
])('%s is refused', (_, event) => {
  expect(() => parseBaseFired(event, now)).toThrow(expect.objectContaining({ name: 'EventError' }));
});
