import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { StatusFacts } from '../../../functions/exporter/status/judge/facts.ts';
import { renderStatus } from '../../../functions/exporter/status/page/render-status.tsx';
import { visible } from '../../../layers/words/texts.ts';
import { startChromium, type TestChromium } from '../../support/status/chromium.ts';
import { databaseOf, factsOf, failureOf, failuresOf, NOW } from '../../support/status/facts.ts';
import { SCENES } from '../../support/status/scenes.ts';
import { type HttpFront, startHttpFront } from '../../support/status/status-server.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** What the rules of accessibility are: WCAG 2.2 A and AA, and what axe calls good practice. */
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** Those that the style decides; the others judge the elements, which are the same in every look. */
const RULES_OF_STYLE = ['color-contrast', 'target-size', 'scrollable-region-focusable', 'link-in-text-block'];

const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 320, height: 640 };
/** The style has colours of its own in the dark, and an arrangement of its own on a phone: two looks show all of both. */
const LOOKS = [
  { viewport: DESKTOP, colorScheme: 'light', rules: RULES },
  { viewport: PHONE, colorScheme: 'dark', rules: RULES_OF_STYLE },
] as const;

/** For Chromium, once. */
const DOWNLOAD_MS = 600_000;

const EVIL_NAMES = [
  '<script>alert(1)</script>',
  `"'><img src=x onerror=alert(1)>`,
  '</style><h1>世界 & ünïcode',
  'x'.repeat(63),
  'a\u0001\u202Eb',
];

let chromium: TestChromium;
let server: HttpFront;
let facts: StatusFacts = SCENES.well;

beforeAll(async () => {
  chromium = await startChromium();
  server = await startHttpFront(async ({ queryStringParameters }) => {
    const page = renderStatus(facts, { database: queryStringParameters?.database, version: '1.2.3' }, NOW);
    return { ...page, headers: { ...page.headers } };
  });
}, DOWNLOAD_MS);

afterAll(async () => {
  await server?.end();
  await chromium?.end();
});

interface Visit {
  readonly page: Page;
  /** What the console said; a Content-Security-Policy that was broken says so there. */
  readonly complaints: string[];
  /** Everything that the browser asked for. */
  readonly requests: string[];
}

async function visit<T>(
  shown: StatusFacts,
  options: BrowserContextOptions,
  look: (visit: Visit) => Promise<T>,
  path = '',
): Promise<T> {
  facts = shown;
  const context = await chromium.context(options);
  const page = await context.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('dialog', async (dialog) => {
    complaints.push(dialog.message());
    await dialog.dismiss();
  });
  page.on('request', (request) => requests.push(request.url()));
  try {
    await page.goto(`${server.url}${path}`);
    return await look({ page, complaints, requests });
  } finally {
    await context.close();
  }
}

async function accessibilityOf(page: Page, rules: readonly string[]): Promise<AxeResults> {
  await page.evaluate(AXE);
  const runOnly = { type: rules === RULES ? 'tag' : 'rule', values: rules };
  return page.evaluate(`axe.run(document, { runOnly: ${JSON.stringify(runOnly)} })`);
}

/** In every look, what may be unfolded is. */
async function inEveryLook(page: Page, look: (rules: readonly string[]) => Promise<void>): Promise<void> {
  await page.evaluate('document.querySelectorAll("details").forEach((one) => { one.open = true; })');
  for (const { viewport, colorScheme, rules } of LOOKS) {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme });
    await look(rules);
  }
}

const isWide = (page: Page) => page.evaluate<boolean>('document.documentElement.scrollWidth > innerWidth');

test.each(Object.entries(SCENES))(
  'the page where things stand as in “%s” is accessible, quiet, whole and not too wide, by day, by night and on a phone',
  async (_, scene) => {
    await visit(scene, {}, async ({ page, complaints, requests }) => {
      await inEveryLook(page, async (rules) => {
        const { violations, passes } = await accessibilityOf(page, rules);
        expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
        const contrasts = passes.find(({ id }) => id === 'color-contrast')?.nodes.length ?? 0;
        expect(contrasts).toBeGreaterThan(8);
        expect(await isWide(page)).toBe(false);
      });
      expect(complaints).toEqual([]);
      expect(requests.filter((url) => !url.startsWith('data:'))).toEqual([server.url]);
    });
  },
);

test('databases whose names are HTML, long or unreadable are text and nothing else', async () => {
  const shops = EVIL_NAMES.map((name) => {
    const evil = { problem: name, hint: name, function: name, type: name };
    const failures = failuresOf([failureOf(1, evil)]);
    return databaseOf({ name, days: 3, changes: () => ({ reasons: [name] }) }, { failures });
  });
  const strayFailures = failuresOf(shops.flatMap(({ failures }) => failures.newest));
  const shown = factsOf([...shops, databaseOf({ name: 'other', days: 3 })], { strayFailures });
  await visit(shown, {}, async ({ page, complaints, requests }) => {
    await inEveryLook(page, async (rules) => {
      expect(await page.locator('script, img, iframe, [onerror], [style]').count()).toBe(0);
      expect(await page.locator('h1').count()).toBe(1);
      const names = await page.locator('h2 bdi').allInnerTexts();
      expect(names.sort()).toEqual([...EVIL_NAMES.map(visible), 'other'].sort());
      expect(await isWide(page)).toBe(false);
      expect((await accessibilityOf(page, rules)).violations.map(({ id }) => id)).toEqual([]);
    });
    for (const name of EVIL_NAMES) {
      await page.goto(server.url);
      await page
        .getByRole('region', { name: visible(name), exact: true })
        .getByRole('link')
        .click();
      expect(new URL(page.url()).searchParams.get('database')).toBe(name);
      expect(await page.title()).toBe(`${visible(name)} · pgvouch`);
      expect(await page.locator('section').count()).toBe(1);
      await page.setViewportSize(PHONE);
      expect(await isWide(page)).toBe(false);
    }
    expect(complaints).toEqual([]);
    expect(requests.every((url) => url.startsWith(server.url) || url.startsWith('data:'))).toBe(true);
  });
});

test('everything works without JavaScript', async () => {
  await visit(SCENES.trouble, { viewport: DESKTOP, javaScriptEnabled: false }, async ({ page }) => {
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('3 of 5 databases need you');
    const table = page.getByRole('table', { name: 'shop: 365 backups' });
    expect(await table.isVisible()).toBe(false);
    await page.getByText('365 backups', { exact: true }).first().click();
    expect(await table.isVisible()).toBe(true);
    expect(await table.getByRole('row').count()).toBe(31);
    expect(await table.getByRole('row').nth(1).innerText()).toContain('came back with 998 rows');
  });
});

test('the keyboard reaches everything, and shows where it is', async () => {
  await visit(SCENES.well, { viewport: DESKTOP }, async ({ page }) => {
    const wanted = await page.locator('a, summary').count();
    const reached = new Set<string>();
    for (let step = 0; step < wanted; step++) {
      await page.keyboard.press('Tab');
      const outline = await page.evaluate<string>('getComputedStyle(document.activeElement).outlineStyle');
      expect(outline).toBe('solid');
      reached.add(
        await page.evaluate<string>(
          'document.activeElement.outerHTML + document.activeElement.getBoundingClientRect().top + scrollY',
        ),
      );
    }
    expect(reached.size).toBe(wanted);
  });
  await visit(SCENES.well, { viewport: DESKTOP }, async ({ page }) => {
    await page.locator('summary').first().focus();
    await page.keyboard.press('Enter');
    expect(await page.locator('details').first().getAttribute('open')).not.toBeNull();
  });
});

test('a calendar and a plot say in words what they show', async () => {
  await visit(SCENES.trouble, { viewport: DESKTOP }, async ({ page }) => {
    const shop = page.locator('section').first();
    expect(await shop.getByRole('img').nth(1).getAttribute('aria-label')).toBe(
      '25 May to 23 November: 180 restorable, 2 unrestorable, 1 corrupt',
    );
    expect(await shop.locator('.tally').innerText()).toContain('bad ones on 23 November, 22 November, 14 October');
    expect(await shop.getByRole('img').nth(2).getAttribute('aria-label')).toMatch(/^Size of the backups: 48\.3 MB now/);
  });
});
