import { describe, expect, test } from 'vitest';
import type { FailureRecord } from '../../../layers/backup/failure.ts';
import { kindOf } from '../../../layers/backup/problem-kind.ts';
import {
  afterFailure,
  afterResolving,
  afterSuccess,
  afterTelling,
  CLAIM_MS,
  FORGET_AFTER_MS,
  KINDS_A_DAY,
} from '../../../layers/backup/trouble.ts';
import { failure, HOUR_MS, hour, operator } from '../../support/world/told.ts';

describe('who is told', () => {
  test('the first, then one a day, then that it is over, once', () => {
    const one = operator();
    for (let at = 0; at < 50; at++) one.fails(failure(at));
    expect(one.told).toEqual(['DumpError 1', 'DumpError 24', 'DumpError 47']);
    expect(one.trouble()).toMatchObject({ since: hour(0).toISOString(), count: 50 });

    one.succeeds(50);
    one.succeeds(51);
    expect(one.told.slice(3)).toEqual(['resolved']);
  });

  test('a daily dump that fails a little earlier than yesterday', () => {
    const one = operator();
    for (let day = 0; day < 5; day++) one.fails(failure(24 * day - day / 60));
    expect(one.told).toHaveLength(5);
  });

  test('another kind of problem at once, and each once a day', () => {
    const one = operator();
    const config = { error: { type: 'ConfigError', problem: 'x' } };
    for (let at = 0; at < 10; at++) one.fails(failure(at, at % 2 ? config : {}));
    expect(one.told).toEqual(['DumpError 1', 'ConfigError 2']);
    one.succeeds(10);
    expect(one.told.at(-1)).toBe('resolved');
  });

  test('a corrupt backup, although the bucket has failed since this morning', () => {
    const problem = 'verify "shop", backup 2026-11-22T02-00-00Z: corrupt: bytes differ';
    const verify = (at: number, error: FailureRecord['error']) => failure(at, { function: 'verify', error });
    const one = operator();
    one.fails(verify(0, { type: 'VaultError', problem: 'list x: TimeoutError' }));
    one.fails(verify(1, { type: 'VaultError', problem }));
    one.fails(verify(2, { type: 'VaultError', problem: problem.replace('corrupt', 'unrestorable') }));
    const named = (verdict: string, day: number, count: number) =>
      `VaultError ${verdict} 2026-11-${day}T02-00-00Z ${count}`;
    expect(one.told).toEqual(['VaultError 1', named('corrupt', 22, 2), named('unrestorable', 22, 3)]);
    // And another backup, but not the same again.
    one.fails(verify(3, { type: 'VaultError', problem: problem.replace('2026-11-22', '2026-11-21') }));
    one.fails(verify(4, { type: 'VaultError', problem }));
    expect(one.told.slice(3)).toEqual([named('corrupt', 21, 4)]);
  });

  test('so many kinds a day, whatever fails otherwise every time; a bad backup all the same', () => {
    const one = operator();
    const word = (at: number) => 'x'.repeat(at + 1);
    for (let at = 0; at < 20; at++) one.fails(failure(at, { error: { type: 'DumpError', problem: word(at) } }));
    expect(one.told).toHaveLength(KINDS_A_DAY);
    const bad = (day: number) => `verify "shop", backup 2026-11-${day}T02-00-00Z: corrupt: bytes differ`;
    for (let day = 10; day < 29; day++) {
      one.fails(failure(20 + day / 100, { error: { type: 'VaultError', problem: bad(day) } }));
    }
    expect(one.told).toHaveLength(2 * KINDS_A_DAY);
    // The next day others may speak, and what was told is not remembered for ever.
    for (let at = 48; at < 68; at++) one.fails(failure(at, { error: { type: 'DumpError', problem: word(at) } }));
    expect(one.told).toHaveLength(3 * KINDS_A_DAY);
    expect(one.trouble()?.told.length).toBeLessThanOrEqual(2 * KINDS_A_DAY);
  });

  test('the next one, if the webhook did not take it', () => {
    const one = operator();
    one.webhook(false);
    one.fails(failure(0));
    one.webhook(true);
    one.fails(failure(1));
    one.webhook(false);
    one.succeeds(2);
    one.webhook(true);
    one.succeeds(3);
    expect(one.told).toEqual(['DumpError 2', 'resolved']);
  });

  test('nobody of the end of what nobody was told of', () => {
    const one = operator();
    one.webhook(false);
    one.fails(failure(0));
    one.webhook(true);
    expect(one.succeeds(1)).toBe('quiet');
    expect(one.trouble()).toMatchObject({ resolvedAt: hour(1).toISOString() });
  });

  test('nobody, where there is nobody to tell; it is counted', () => {
    const one = operator([]);
    one.fails(failure(0));
    expect(one.fails(failure(1))).toBe('quiet');
    expect(one.trouble()).toMatchObject({ count: 2, told: [] });
  });

  test('not again by a redelivery, during the trouble or after it', () => {
    const one = operator();
    one.fails(failure(0));
    one.fails(failure(0), false);
    expect(one.trouble()).toMatchObject({ count: 1 });
    one.succeeds(1);
    expect(one.fails(failure(0), false, hour(2))).toBe('nothing');
    expect(one.told).toEqual(['DumpError 1', 'resolved']);
  });

  test('by a redelivery, if the first delivery broke off before it told', () => {
    const one = operator();
    one.fails(failure(0), false);
    expect(one.told).toEqual(['DumpError 1']);
    // The first delivery goes on after all: it is one failure.
    one.fails(failure(0));
    expect(one.trouble()).toMatchObject({ count: 1 });
  });

  test('of the next failure after the end', () => {
    const one = operator();
    one.fails(failure(0));
    one.succeeds(1);
    one.fails(failure(2));
    expect(one.told).toEqual(['DumpError 1', 'resolved', 'DumpError 1']);
    expect(one.trouble()).toMatchObject({ since: hour(2).toISOString() });
  });

  test('of what comes after a long quiet, as of something new', () => {
    const one = operator();
    const quiet = FORGET_AFTER_MS / HOUR_MS;
    one.fails(failure(0));
    expect(one.succeeds(quiet)).toBe('nothing');
    one.fails(failure(quiet));
    expect(one.told).toEqual(['DumpError 1', 'DumpError 1']);
  });

  test('although our clock was days ahead when people were told last', () => {
    const one = operator();
    one.fails(failure(0), true, hour(100));
    one.fails(failure(1));
    expect(one.told).toHaveLength(2);
  });
});

describe('what a success ends', () => {
  test('nothing that failed after it, or that was about a newer backup', () => {
    const one = operator();
    one.fails(failure(5, { firedAt: hour(4).toISOString() }));
    one.fails(failure(6, { firedAt: hour(2).toISOString() }));
    expect(one.succeeds(5.5, undefined, hour(7))).toBe('nothing');
    expect(one.succeeds(6)).toBe('nothing');
    expect(one.succeeds(7, hour(3))).toBe('nothing');
    expect(one.succeeds(7, hour(4))).toBe('tell');
  });

  test('what failed in the future: its clock was wrong', () => {
    const one = operator();
    one.fails(failure(3), true, hour(0));
    expect(one.succeeds(1)).toBe('tell');
    expect(one.told).toEqual(['DumpError 1', 'resolved']);
    // A redelivery of it begins nothing.
    expect(one.fails(failure(3), false, hour(2))).toBe('nothing');
    // One that came since is the newest, whatever the date of that.
    one.fails(failure(9), true, hour(4));
    one.fails(failure(5));
    expect(one.trouble()).toMatchObject({ failure: { at: hour(5).toISOString() } });
    expect(one.succeeds(4.5, undefined, hour(6))).toBe('nothing');
  });
});

describe('of several at once', () => {
  const moment = (by: string, now = hour(0)) => ({ by, now, channels: ['webhook'] });
  const first = afterFailure(undefined, failure(0), true, moment('a')).write;

  test('one tells, the others wait for it, and take over if it never comes back', () => {
    expect(afterFailure(first, failure(0), true, moment('b')).action).toBe('wait');
    expect(afterSuccess(first, { at: hour(1) }, moment('s')).action).toBe('wait');
    expect(afterFailure(first, failure(0), true, moment('a')).action).toBe('tell');
    const late = moment('b', new Date(hour(0).getTime() + CLAIM_MS));
    const other = failure(0, { requestId: 'other' });
    expect(afterFailure(first, other, true, late)).toMatchObject({ action: 'tell', write: { count: 2 } });
  });

  test('clocks a little apart hold no claim for broken, one that is far ahead does not silence', () => {
    const behind = (ms: number) => moment('b', new Date(hour(0).getTime() - ms));
    expect(afterFailure(first, failure(0), true, behind(1)).action).toBe('wait');
    expect(afterFailure(first, failure(0), true, behind(3_600_000)).action).toBe('tell');
  });

  test('while the end is told a failure waits, and then begins anew', () => {
    const told = first && afterTelling(first, kindOf(failure(0)), ['webhook'], moment('a'));
    const ending = afterSuccess(told, { at: hour(1) }, moment('s', hour(1))).write;
    expect(afterFailure(ending, failure(2), true, moment('b', hour(1))).action).toBe('wait');
    const over = ending && afterResolving(ending, hour(1), ['webhook'], ['webhook']);
    expect(afterFailure(over, failure(2), true, moment('b', hour(2)))).toMatchObject({
      action: 'tell',
      write: { count: 1 },
    });
  });

  test('a claim of another stays when one has told', () => {
    const late = moment('b', new Date(hour(0).getTime() + CLAIM_MS));
    const taken = afterFailure(first, failure(0), true, late).write;
    expect(taken && afterTelling(taken, kindOf(failure(0)), ['webhook'], moment('a')).told).toMatchObject([
      { claim: { by: 'b' } },
    ]);
  });
});
