import { describe, expect, test } from 'vitest';
import { kindOf } from '../../../layers/backup/problem-kind.ts';
import { afterFailure, afterTelling, parseTrouble, type Trouble } from '../../../layers/backup/trouble.ts';
import { failure, hour, operator } from '../../support/world/told.ts';

const both = () => operator(['mail', 'webhook']);

describe('a channel that is down', () => {
  test('gets the next failure, and the others do not get it twice', () => {
    const one = both();
    one.webhook(false);
    one.fails(failure(0));
    one.fails(failure(1));
    one.webhook(true);
    one.fails(failure(2));
    one.fails(failure(3));
    expect(one.toldBy).toEqual({ mail: ['DumpError 1'], webhook: ['DumpError 3'] });
  });

  test('has its own day from then on', () => {
    const one = both();
    one.webhook(false);
    one.fails(failure(0));
    one.webhook(true);
    for (const at of [20, 23, 30, 43]) one.fails(failure(at));
    expect(one.toldBy).toEqual({ mail: ['DumpError 1', 'DumpError 3'], webhook: ['DumpError 2', 'DumpError 5'] });
  });

  test('gets the end by the next success, once, dated when it ended', () => {
    const one = both();
    one.fails(failure(0));
    one.webhook(false);
    one.succeeds(1);
    expect(one.trouble()).toMatchObject({ resolvedAt: hour(1).toISOString(), owed: ['webhook'] });
    one.succeeds(2);
    one.webhook(true);
    one.succeeds(3);
    one.succeeds(4);
    expect(one.toldBy).toEqual({ mail: ['DumpError 1', 'resolved'], webhook: ['DumpError 1', 'resolved'] });
    expect(one.trouble()?.resolvedAt).toBe(hour(1).toISOString());
    expect(one.trouble()).not.toHaveProperty('owed');
  });

  test('gets the end, although it did not take the failure of the trouble that came between', () => {
    const one = both();
    one.fails(failure(0));
    one.webhook(false);
    one.succeeds(1);
    one.fails(failure(2));
    one.webhook(true);
    one.succeeds(3);
    expect(one.toldBy.webhook).toEqual(['DumpError 1', 'resolved']);
    expect(one.toldBy.mail).toEqual(['DumpError 1', 'resolved', 'DumpError 1', 'resolved']);
  });

  test('does not hear of the end of what it never heard of', () => {
    const one = both();
    one.webhook(false);
    one.fails(failure(0));
    one.webhook(true);
    one.succeeds(1);
    expect(one.toldBy).toEqual({ mail: ['DumpError 1', 'resolved'], webhook: [] });
  });

  test('that took a kind days ago, and not the newest, still hears of the end', () => {
    const one = both();
    one.fails(failure(0));
    one.webhook(false);
    for (const at of [48, 72]) one.fails(failure(at, { error: { type: 'ConfigError', problem: 'x' } }));
    expect(one.trouble()?.told).toHaveLength(1);
    one.webhook(true);
    one.succeeds(73);
    expect(one.toldBy.webhook).toEqual(['DumpError 1', 'resolved']);
  });

  test('is tried by one at a time: who comes meanwhile neither waits for it nor tells the others again', () => {
    const moment = (by: string) => ({ by, now: hour(1), channels: ['mail', 'webhook'] });
    const first = afterFailure(undefined, failure(0), true, moment('a')).write as Trouble;
    const half = afterTelling(first, kindOf(failure(0)), ['mail'], moment('a'));
    const trying = afterFailure(half, failure(1), true, moment('b'));
    expect(trying).toMatchObject({ action: 'tell', to: ['webhook'] });
    expect(afterFailure(trying.write, failure(2), true, moment('c'))).toMatchObject({
      action: 'quiet',
      write: { count: 3 },
    });
  });
});

test('a channel that was set up during a trouble gets the next failure', () => {
  const one = operator(['webhook', 'mail']);
  const { trouble, fails } = operator();
  fails(failure(0));
  one.finds(trouble() as Trouble);
  one.fails(failure(1));
  expect(one.toldBy).toEqual({ webhook: [], mail: ['DumpError 2'] });
});

describe('the document of an older pgvouch, which had the webhook alone', () => {
  const at = hour(0).toISOString();
  const told = [{ kind: kindOf(failure(0)), at }];
  const older = parseTrouble(
    JSON.stringify({
      ...{ format: 'pgvouch/trouble', formatVersion: 1 },
      ...{ since: at, count: 1, failure: failure(0), told },
    }),
    'k',
  );

  test('the webhook knows, the others do not', () => {
    const one = operator(['webhook', 'mail']);
    one.finds(older);
    one.fails(failure(1));
    expect(one.toldBy).toEqual({ webhook: [], mail: ['DumpError 2'] });
    one.succeeds(2);
    expect(one.toldBy).toEqual({ webhook: ['resolved'], mail: ['DumpError 2', 'resolved'] });
  });

  test('its end goes to the webhook', () => {
    const one = operator(['webhook', 'mail']);
    one.finds(older);
    one.succeeds(2);
    expect(one.toldBy).toEqual({ webhook: ['resolved'], mail: [] });
  });
});
