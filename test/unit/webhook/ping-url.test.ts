import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pingUrl, runIdOf, slugOf } from '../../../layers/webhook/ping-url.ts';

const base = 'https://hc-ping.com/5bf66975-d4c7-4bf5-bcc8-b8d8a82ea278';
const firedAt = new Date('2026-11-22T02:00:00Z');
const name = { database: 'shop', firedAt };
const rid = runIdOf(name);

describe('the URL of a ping', () => {
  test.each([
    ['start', `${base}/start?rid=${rid}`],
    ['success', `${base}?rid=${rid}`],
    ['fail', `${base}/fail?rid=${rid}`],
  ] as const)('%s', (signal, url) => {
    expect(pingUrl(base, signal, name)).toBe(url);
    expect(pingUrl(`${base}/`, signal, name)).toBe(url);
  });

  test('of no known run, or of nobody', () => {
    expect(pingUrl(base, 'fail', { database: 'shop' })).toBe(`${base}/fail`);
    expect(pingUrl(base, 'fail', {})).toBe(`${base}/fail`);
  });

  test('with a check for each database, and a query of its own', () => {
    const template = 'https://hc-ping.com/key/{database}?create=1';
    expect(pingUrl(template, 'start', name)).toBe(`https://hc-ping.com/key/shop/start?create=1&rid=${rid}`);
    expect(pingUrl(template, 'success', { database: 'Käse/1' })).toMatch(/\/key\/kase-1-[0-9a-f]{8}\?create=1$/);
    expect(pingUrl(template, 'fail', {})).toBeUndefined();
  });

  test('what is no URL is not repeated', () => {
    expect(() => pingUrl('T0k3n', 'start', name)).toThrow(/^the URL is not an http\(s\) URL$/);
  });
});

describe('a slug', () => {
  test.each([
    ['shop', 'shop'],
    ['shop_2-b', 'shop_2-b'],
    ['Shop', /^shop-[0-9a-f]{8}$/],
    ['<script>', /^script-[0-9a-f]{8}$/],
    ['日本', /^[0-9a-f]{8}$/],
  ])('of %s', (database, slug) => {
    expect(slugOf(database)).toEqual(typeof slug === 'string' ? slug : expect.stringMatching(slug));
  });

  test('is one whatever the name, and never that of another', () => {
    const anyName = fc.oneof(fc.string({ minLength: 1, unit: 'binary' }), fc.stringMatching(/^[a-zA-Z0-9 _-]{1,4}$/));
    fc.assert(
      fc.property(anyName, anyName, (one, other) => {
        expect(slugOf(one)).toMatch(/^[a-z0-9_-]+$/);
        if (one !== other) expect(slugOf(one)).not.toBe(slugOf(other));
      }),
    );
  });
});

test('the run of a backup is a UUID, the same for each who names it, and no other', () => {
  expect(rid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(runIdOf({ ...name })).toBe(rid);
  expect(runIdOf({ ...name, database: 'crm' })).not.toBe(rid);
  expect(runIdOf({ ...name, firedAt: new Date('2026-11-22T02:00:01Z') })).not.toBe(rid);
});
