import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StatusFacts } from '../../../functions/exporter/status/judge/facts.ts';
import { renderStatus } from '../../../functions/exporter/status/page/render-status.tsx';
import { VERDICTS } from '../../../layers/backup/verdict.ts';
import { visible } from '../../../layers/words/texts.ts';
import { backupOf, databaseOf, factsOf, failureOf, failuresOf, NOW } from '../../support/status/facts.ts';

const render = (facts: StatusFacts, database?: string) => renderStatus(facts, { database, version: '1.2.3' }, NOW);
const LIMIT = 100_000;

describe('under 100 kB, whatever there is', () => {
  const size = (facts: StatusFacts) => Buffer.byteLength(render(facts).body);
  const many = (count: number, ...args: Parameters<typeof databaseOf>) =>
    factsOf(Array.from({ length: count }, (_, index) => databaseOf({ ...args[0], name: `shop_${index}` }, args[1])));

  test('20 databases with a year of daily backups: all calendars are there', () => {
    const facts = many(20);
    expect(size(facts)).toBeLessThan(LIMIT);
    expect(render(facts).body.match(/class="cal"/g)).toHaveLength(40);
    expect(render(facts).body.match(/class="sizes"/g)).toHaveLength(20);
    // Each of its newest backups too.
    expect(render(facts).body.match(/<tr>/g)?.length).toBeGreaterThanOrEqual(20 * 4);
  });

  test('20 databases whose every other day was bad, with reasons, failures and everything retired', () => {
    const verdicts = ['restorable', 'corrupt', 'readable', 'unrestorable', undefined] as const;
    const long = 'The archive is not what it was, and that is a pity. '.repeat(20);
    const failures = failuresOf(
      Array.from({ length: 10 }, (_, index) => failureOf(index, { problem: long, hint: long })),
      90,
    );
    const facts = many(
      20,
      {
        verdict: (daysAgo) => verdicts[daysAgo % 5],
        changes: (daysAgo) => ({
          reasons: [long],
          ...(daysAgo % 3 === 0 && { retirement: { removeAfter: NOW, reasons: [long], going: false } }),
        }),
      },
      { failures },
    );
    expect(size(facts)).toBeLessThan(LIMIT);
  });

  test('2,000 databases with the longest names that grow most when they are escaped', () => {
    const facts = factsOf(
      Array.from({ length: 2_000 }, (_, index) =>
        databaseOf({ name: '"'.repeat(59) + String(index).padStart(4, '0'), days: 3 }),
      ),
    );
    const { body } = render(facts);
    expect(Buffer.byteLength(body)).toBeLessThan(LIMIT);
    expect(/and [\d,]+ more/.test(body)).toBe(true);
  });

  test('hundreds of folders of others with the longest names that there can be', () => {
    const name = (index: number) => '"'.repeat(280) + index;
    const folders = Array.from({ length: 400 }, (_, index) =>
      databaseOf({ name: name(index), days: 1 }, { configured: false }),
    );
    expect(size(factsOf(folders))).toBeLessThan(LIMIT);
    const { body } = render(factsOf(folders), name(7));
    expect(Buffer.byteLength(body)).toBeLessThan(LIMIT);
  });

  test.each(['problem', 'hint', 'type', 'function'])('a %s of 120 kB', (field) => {
    const failures = failuresOf([failureOf(1, { [field]: 'x'.repeat(120_000) })]);
    expect(size(factsOf([databaseOf({}, { failures })], { strayFailures: failures }))).toBeLessThan(LIMIT / 3);
  });

  test('whatever others wrote, and however much of it there is', () => {
    const anyLength = fc.constantFrom(0, 1, 30, 63, 400, 2_000, 120_000);
    const anyText = fc
      .tuple(
        fc.constantFrom('"', '<', '&', "'", '\u202e', '\u0001', '\ud800', '🐘', 'x ', 'npx pgvouch list '),
        anyLength,
      )
      .map(([unit, length]) => unit.repeat(length));
    // A key has at most 1,024 bytes, and all but letters and digits take three of them each.
    const anyName = fc
      .tuple(fc.constantFrom('"', '<', '&', "'", 'x', '-'), fc.constantFrom(1, 63, 300))
      .map(([unit, length]) => unit.repeat(length));
    const anyDatabases = fc.record({
      size: fc.constantFrom([0, 0], [1, 0], [1, 370], [2, 40], [20, 40], [90, 3], [500, 1]),
      name: anyName,
      configured: fc.boolean(),
      text: anyText,
      other: anyText,
      failures: fc.constantFrom(0, 1, 10),
      going: fc.boolean(),
    });
    fc.assert(
      fc.property(anyDatabases, (some) => {
        const { name, configured, text, other, going } = some;
        const [count = 0, days = 0] = some.size;
        const failures = failuresOf(
          Array.from({ length: some.failures }, (_, index) =>
            failureOf(index, { problem: text, hint: other, type: text, function: other }),
          ),
        );
        const backups = Array.from({ length: days }, (_, day) =>
          backupOf(day, {
            verdict: VERDICTS[day % VERDICTS.length],
            reasons: [text, other, text],
            ...(day % 3 === 0 && { retirement: { removeAfter: NOW, reasons: [other, text], going } }),
          }),
        );
        const facts = factsOf(
          Array.from({ length: count }, (_, index) =>
            databaseOf({ name: `${name}${index}`, days: 1 }, { configured, backups, failures }),
          ),
          { strayFailures: failures, retention: { lastRunAt: null, problems: [text, other, text], removes: false } },
        );
        for (const body of [render(facts).body, render(facts, `${name}0`).body]) {
          if (Buffer.byteLength(body) >= LIMIT) expect.fail(`${Buffer.byteLength(body)} bytes`);
          if (body !== visible(body)) expect.fail('something on it is invisible');
        }
      }),
      { numRuns: 20 },
    );
  }, 60_000);

  test('one database shows its newest 30 backups, and says how many more there are', () => {
    const { body } = render(factsOf([databaseOf()]));
    expect(body.match(/<tr>/g)).toHaveLength(31);
    expect(body.includes('335 more backups: <code>npx pgvouch list</code>')).toBe(true);
    expect(Buffer.byteLength(body)).toBeLessThan(LIMIT / 3);
  });
});
