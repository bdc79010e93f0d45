import { expect, test } from 'vitest';
import {
  ConfigError,
  DumpError,
  EventError,
  PgvouchError,
  PolicyError,
  splitHint,
  textOf,
  VaultError,
} from '../../../layers/backup/errors.ts';

test.each([ConfigError, EventError, DumpError, VaultError, PolicyError])('%o carries all in its message', (Kind) => {
  const cause = new Error('below');
  const error = new Kind({ operation: 'write', subject: 'pgvouch/a', problem: 'it failed', hint: 'try again', cause });
  expect(error).toBeInstanceOf(PgvouchError);
  expect(error.name).toBe(Kind.name);
  expect(error.message).toBe('write pgvouch/a: it failed\nHint: try again');
  expect(splitHint(error.message)).toEqual({ problem: 'write pgvouch/a: it failed', hint: 'try again' });
  expect(error).toMatchObject({ operation: 'write', subject: 'pgvouch/a', problem: 'it failed', cause });
});

test('without a subject or a hint the message has no holes', () => {
  const error = new DumpError({ operation: 'dump', problem: 'it failed', exitCode: 3 });
  expect(error.message).toBe('dump: it failed');
  expect(splitHint(error.message)).toEqual({ problem: 'dump: it failed' });
  expect(error).toMatchObject({ exitCode: 3, signal: null, hint: undefined });
});

test('the last hint is the one that counts: a problem may quote another error', () => {
  const inner = new VaultError({ operation: 'read', problem: 'no', hint: 'inner' });
  const outer = new ConfigError({ operation: 'start', problem: inner.message, hint: 'outer' });
  expect(splitHint(outer.message).hint).toBe('outer');
});

test.each([
  [new Error('plain'), 'plain'],
  [new TypeError(''), 'TypeError'],
  [new AggregateError([new Error('one'), new Error('two')], ''), 'one; two'],
  ['text', 'text'],
  [undefined, 'undefined'],
])('the text of anything thrown: %o', (thrown, text) => {
  expect(textOf(thrown)).toBe(text);
});
