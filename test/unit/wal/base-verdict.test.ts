import { expect, test } from 'vitest';
import { badBaseError } from '../../../layers/wal/bad-base.ts';
import { type BaseVerdict, parseBaseVerdict, renewedVerdict } from '../../../layers/wal/base-verdict.ts';

const verdict = (changes: Partial<BaseVerdict> = {}): BaseVerdict => ({
  ...{ format: 'pgvouch/base-verdict', formatVersion: 1, systemIdentifier: '7431234567890123456' },
  ...{ startedAt: '2026-11-22T02:00:00.000Z', attempt: '0a7c9d3e-5b1f-4c2d-8e6a-1f2b3c4d5e6f' },
  ...{ verdict: 'restorable', reasons: ['Recovered.'], verifiedAt: '2026-11-22T03:00:00.000Z', durationMs: 5 },
  ...changes,
});

test('what is written is read again, and nothing else', () => {
  const found = verdict({ verdict: 'corrupt', goodUntil: '0/5000000', checked: { files: 3 } });
  expect(parseBaseVerdict(JSON.stringify(found), 'key')).toEqual(found);
  expect(() => parseBaseVerdict('{"format": "pgvouch/verdict"}', 'key')).toThrow('key');
});

test('a drill that proved less for lack of room is noted beside the proof; any other takes its place', () => {
  const weaker = verdict({ verdict: 'readable', reasons: ['No room.'], verifiedAt: '2026-11-23T03:00:00.000Z' });
  expect(renewedVerdict(verdict(), weaker)).toEqual({
    ...verdict(),
    again: { verifiedAt: weaker.verifiedAt, verdict: 'readable', reasons: ['No room.'] },
  });
  expect(renewedVerdict(undefined, weaker)).toEqual(weaker);
  expect(renewedVerdict(verdict({ attempt: 'fbf6a4f4-3a8d-4a58-9d6d-0d8e2a4c7b11' }), weaker)).toEqual(weaker);
  const bad = verdict({ verdict: 'corrupt' });
  expect(renewedVerdict(verdict(), bad)).toEqual(bad);
  expect(renewedVerdict(bad, verdict())).toEqual(verdict());
});

test('a bad one as an error says of what, why, and what to do', () => {
  const { message } = badBaseError(verdict({ verdict: 'corrupt', reasons: ['A gap.'], goodUntil: '0/5000000' }));
  expect(message).toMatch(/^verify base backup 2026-11-22T02-00-00Z of cluster 7431234567890123456: corrupt: A gap\./);
  expect(message).toMatch(
    /Hint: recovery to before 0\/5000000 is still possible with it\. take another base backup now/,
  );
});
