import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { StatusFacts } from '../../../functions/exporter/status/judge/facts.ts';
import { renderStatus } from '../../../functions/exporter/status/page/render-status.tsx';
import { visible } from '../../../layers/words/texts.ts';
import { backupOf, databaseOf, factsOf, failureOf, failuresOf, NOW } from '../../support/status/facts.ts';
import { SCENES } from '../../support/status/scenes.ts';

const render = (facts: StatusFacts, database?: string) => renderStatus(facts, { database, version: '1.2.3' }, NOW);

describe('nothing that others wrote becomes markup', () => {
  const NAMES = [
    '<script>alert(1)</script>',
    `"'><img src=x onerror=alert(1)>`,
    '</style><b>',
    '世界 & ünïcode',
    'x'.repeat(63),
    'a\u0001\u202Eb',
  ];

  const OURS = new Set(
    'html head meta title link style body svg symbol path circle use g text header main footer nav section div p h1 h2 a span b bdi small code time dl dt dd ul ol li figure figcaption br details summary table caption thead tbody tr th td'.split(
      ' ',
    ),
  );

  test.each(NAMES)('a database named %s', (name) => {
    const evil = { problem: name, hint: name, function: name, type: name };
    const failures = failuresOf([failureOf(1, evil)]);
    const shop = databaseOf(
      { name, changes: () => ({ reasons: [name], retirement: { removeAfter: NOW, reasons: [name], going: false } }) },
      { failures },
    );
    const { newest } = shop;
    const partial = { ...shop, newest: newest && { ...newest, leftOut: name } };
    const retention = { lastRunAt: NOW, problems: [name], removes: true };
    for (const facts of [
      factsOf([partial], { retention, strayFailures: failures }),
      factsOf([shop, databaseOf({ name: 'other' })], { retention, strayFailures: failures }),
    ]) {
      for (const { body, statusCode } of [render(facts), render(facts, name)]) {
        expect(statusCode).toBe(200);
        // Compared as lists: a failure that printed whole pages would tell nobody anything.
        expect(
          [...new Set(Array.from(body.matchAll(/<([a-z0-9]+)/g), ([, tag]) => tag))].filter(
            (tag) => !OURS.has(`${tag}`),
          ),
        ).toEqual([]);
        expect(body.match(/<\/style>/g)).toHaveLength(1);
        expect(body === visible(body)).toBe(true);
      }
    }
  });

  test('what was left out stands beside what the backup holds', () => {
    const shop = databaseOf({ name: 'shop' });
    const newest = shop.newest && { ...shop.newest, leftOut: 'without schema audit' };
    const lines = render(factsOf([{ ...shop, newest }])).body.match(/<dt>Partial<\/dt><dd>without schema audit<\/dd>/);
    expect(lines).not.toBeNull();
    expect(render(factsOf([shop])).body.includes('Partial')).toBe(false);
  });

  test('its own page is asked for by its name', () => {
    const [name = ''] = NAMES;
    const facts = factsOf([databaseOf({ name }), databaseOf({ name: 'shop' })]);
    expect(render(facts).body.includes(`href="?database=${encodeURIComponent(name)}"`)).toBe(true);
    expect(render(facts, name).body.includes('>shop<')).toBe(false);
  });
});

describe('the Content-Security-Policy', () => {
  test('allows the one style sheet of the page and nothing else that could run or load', () => {
    for (const { body, headers } of [
      ...Object.values(SCENES).map((facts) => render(facts)),
      render(SCENES.well, 'none'),
    ]) {
      const style = /<style>([\s\S]*?)<\/style>/.exec(body)?.[1] ?? '';
      const hash = createHash('sha256').update(style).digest('base64');
      expect(headers['content-security-policy']).toContain(`style-src 'sha256-${hash}'`);
      expect(headers['content-security-policy']).toContain("default-src 'none'");
      expect(body.match(/ style=|<script| on[a-z]+=|javascript:|https?:\/\/(?!www\.w3\.org\/2000\/svg)/g)).toBeNull();
    }
  });
});

test('no id stands twice, whatever databases are called', () => {
  const names = [
    'shop',
    'shop-name',
    'name-shop',
    'no-database',
    'restorable',
    'bad',
    'older',
    'db-shop',
    'level-good',
  ];
  const facts = factsOf(
    names.map((name) => databaseOf({ name, days: 2 })),
    { strayFailures: failuresOf([failureOf(1)]) },
  );
  const ids = Array.from(render(facts).body.matchAll(/ id="([^"]+)"/g), ([, id]) => id);
  expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
});

test('how far back one can go is told, or that it cannot be', () => {
  const page = (oldestRestorableAt: Date | null | undefined) =>
    render(factsOf([databaseOf({}, { oldestRestorableAt })])).body;
  const told = (body: string) => /Can go back to<\/dt><dd>(?:<time[^>]*>)?([^<]*)/.exec(body)?.[1];
  expect(told(page(NOW))).toBe('23 November');
  expect(told(page(null))).toBe('nothing restorable yet');
  expect(told(page(undefined))).toBe('unknown');
});

test('a backup whose removal is under way is retired, not corrupt', () => {
  const retirement = { removeAfter: NOW, reasons: ['older than 30d'], going: true };
  const going = backupOf(40, { verdict: 'corrupt', complete: false, retirement });
  const { body } = render(factsOf([databaseOf({}, { backups: [backupOf(0), going] })]));
  expect(body.includes('All is well')).toBe(true);
  expect(body).toContain('1 day retired');
  expect(body.includes('corrupt')).toBe(false);
});

test('a database that is not there is not found', () => {
  const { statusCode, body } = render(SCENES.well, 'nobody');
  expect(statusCode).toBe(404);
  expect(body).toContain('No such database');
});

test('a page of one database has no other on it', () => {
  const { statusCode, body } = render(SCENES.trouble, 'billing');
  expect(statusCode).toBe(200);
  expect(/<title>.*<\/title>/.exec(body)?.[0]).toBe('<title>billing · pgvouch</title>');
  expect(body.match(/<h1/g)).toHaveLength(1);
  expect(body.includes('accounts')).toBe(false);
});

test('the page says first who needs somebody, in its title too', () => {
  const { body } = render(SCENES.trouble);
  expect(/<title>.*<\/title>/.exec(body)?.[0]).toBe('<title>3 of 5 databases need you · pgvouch</title>');
  expect(body.indexOf('id="db-shop"')).toBeLessThan(body.indexOf('id="db-accounts"'));
});
