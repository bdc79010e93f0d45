import { expect, test } from 'vitest';
import { readSchedule } from '../../../layers/schedule/expression.ts';
import { lastDue } from '../../../layers/schedule/last-due.ts';

const due = (expression: string, servedAt: string, now: string) =>
  lastDue(readSchedule(expression, 'DUMP_SCHEDULE'), new Date(servedAt), new Date(now))?.toISOString();

test.each([
  ['served, and not due since', '2026-11-23T02:00:00Z', '2026-11-24T01:59:59Z', undefined],
  ['due since', '2026-11-23T02:00:00Z', '2026-11-24T09:00:00Z', '2026-11-24T02:00:00.000Z'],
  ['due now', '2026-11-23T02:00:00Z', '2026-11-24T02:00:00Z', '2026-11-24T02:00:00.000Z'],
  ['due several times: the latest', '2026-11-20T02:00:00Z', '2026-11-24T09:00:00Z', '2026-11-24T02:00:00.000Z'],
  ['served out of turn', '2026-11-24T01:00:00Z', '2026-11-24T09:00:00Z', '2026-11-24T02:00:00.000Z'],
  ['a clock that was set back', '2026-11-25T02:00:00Z', '2026-11-24T09:00:00Z', undefined],
])('of a cron: %s', (_, servedAt, now, expected) => {
  expect(due('cron(0 2 * * ? *)', servedAt, now)).toBe(expected);
});

test.each([
  ['not due yet', '2026-11-24T08:59:59Z', undefined],
  ['due', '2026-11-24T09:10:00Z', '2026-11-24T09:00:00.000Z'],
  ['due several times: the latest, in its rhythm', '2026-11-25T10:30:00Z', '2026-11-25T09:00:00.000Z'],
  ['a clock that was set back', '2026-11-22T10:30:00Z', undefined],
])('of a rate: %s', (_, now, expected) => {
  expect(due('rate(12 hours)', '2026-11-23T21:00:00Z', now)).toBe(expected);
});

test('of a schedule that never fires', () => {
  expect(due('cron(0 2 1 1 ? 2099)', '2026-11-23T02:00:00Z', '2026-11-24T02:00:00Z')).toBeUndefined();
});
