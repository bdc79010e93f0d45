import { expect, test } from 'vitest';
import { logLineOf } from '../../../events/serve/log-lines.ts';

const now = new Date('2026-11-27T02:00:00Z');
const writer = { name: 'dump', requestId: 'r-1' };

test('a JSON line gets the function that wrote it', () => {
  expect(logLineOf('{"level":"info","msg":"dump started","database":"shop"}', writer, now)).toBe(
    '{"level":"info","msg":"dump started","database":"shop","name":"dump","requestId":"r-1"}',
  );
});

test.each(['not JSON', '{"cut off', '12', '"text"'])('%s becomes a JSON line', (line) => {
  const logged = JSON.parse(logLineOf(line, writer, now));
  expect(logged).toEqual({ level: 'warn', time: now.toISOString(), msg: line, ...writer });
});
