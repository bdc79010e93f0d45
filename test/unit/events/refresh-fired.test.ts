import { expect, test } from 'vitest';
import { parseRefreshFired } from '../../../events/refresh-fired.ts';
import { scheduleEvent } from '../../../events/schedule-fired.ts';

test('a schedule, and a person', () => {
  const scheduled = scheduleEvent(new Date('2026-11-30T05:00:00Z'), 'id', { refresh: 'staging' });
  expect(parseRefreshFired(scheduled)).toEqual({ name: 'staging', again: false });
  expect(parseRefreshFired({})).toEqual({ name: undefined, again: false });
  expect(parseRefreshFired({ refresh: 'staging', again: true })).toEqual({ name: 'staging', again: true });
});

test.each([null, 'staging', { name: 'staging' }, { refresh: '' }, { again: 'yes' }, { source: 'aws.s3' }])(
  '%j is not for it',
  (event) => {
    expect(() => parseRefreshFired(event)).toThrow(expect.objectContaining({ name: 'EventError' }));
  },
);
