import { expect, test } from 'vitest';
import { visible } from '../../../layers/words/texts.ts';
import { databaseOf, factsOf, failureOf, failuresOf } from '../../support/status/facts.ts';
import { SCENES, SERVERS } from '../../support/status/scenes.ts';
import {
  accessibilityOf,
  DESKTOP,
  expectGoodPage,
  inEveryLook,
  isWide,
  PHONE,
  statusVisits,
} from '../../support/status/visits.ts';

const EVIL_NAMES = [
  '<script>alert(1)</script>',
  `"'><img src=x onerror=alert(1)>`,
  '</style><h1>世界 & ünïcode',
  'x'.repeat(63),
  'a\u0001\u202Eb',
];

const visits = statusVisits();

test('the page where things stand as in “trouble” is accessible, quiet, whole and not too wide, by day, by night and on a phone', () =>
  expectGoodPage(visits, 'trouble'));

test('the page of several servers is so, too, and leads to each and to each database', async () => {
  await expectGoodPage(visits, 'servers');
  await visits.visit(SERVERS, { viewport: DESKTOP }, async ({ page, complaints }) => {
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('berlin: crm needs you');
    expect(await page.locator('h2 bdi').allInnerTexts()).toEqual(['berlin', 'main', 'archive']);
    await page.getByRole('link', { name: 'billing', exact: true }).click();
    expect(await page.title()).toBe('billing · berlin · pgvouch');
    await page.getByRole('link', { name: 'berlin', exact: true }).click();
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('crm needs you');
    expect(await page.locator('section').count()).toBe(2);
    expect(await page.getByText('npx pgvouch dump --server berlin --database crm').count()).toBe(1);
    await page.getByRole('link', { name: 'all servers' }).click();
    expect(await page.locator('section').count()).toBe(3);
    expect(complaints).toEqual([]);
  });
});

test('databases whose names are HTML, long or unreadable are text and nothing else', async () => {
  const shops = EVIL_NAMES.map((name) => {
    const evil = { problem: name, hint: name, function: name, type: name };
    const failures = failuresOf([failureOf(1, evil)]);
    return databaseOf({ name, days: 3, changes: () => ({ reasons: [name] }) }, { failures });
  });
  const strayFailures = failuresOf(shops.flatMap(({ failures }) => failures.newest));
  const shown = factsOf([...shops, databaseOf({ name: 'other', days: 3 })], { strayFailures });
  await visits.visit(shown, {}, async ({ page, complaints, requests }) => {
    await inEveryLook(page, async (rules) => {
      expect(await page.locator('script, img, iframe, [onerror], [style]').count()).toBe(0);
      expect(await page.locator('h1').count()).toBe(1);
      const names = await page.locator('h2 bdi').allInnerTexts();
      expect(names.sort()).toEqual([...EVIL_NAMES.map(visible), 'other'].sort());
      expect(await isWide(page)).toBe(false);
      expect((await accessibilityOf(page, rules)).violations.map(({ id }) => id)).toEqual([]);
    });
    for (const name of EVIL_NAMES) {
      await page.goto(visits.url);
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
    expect(requests.every((url) => url.startsWith(visits.url) || url.startsWith('data:'))).toBe(true);
  });
});

test('everything works without JavaScript; a calendar and a plot say in words what they show', async () => {
  await visits.visit(SCENES.trouble, { viewport: DESKTOP, javaScriptEnabled: false }, async ({ page }) => {
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('3 of 5 databases need you');
    const table = page.getByRole('table', { name: 'shop: 365 backups' });
    expect(await table.isVisible()).toBe(false);
    await page.getByText('365 backups', { exact: true }).first().click();
    expect(await table.isVisible()).toBe(true);
    expect(await table.getByRole('row').count()).toBe(31);
    expect(await table.getByRole('row').nth(1).innerText()).toContain('came back with 998 rows');
    const shop = page.locator('section').first();
    expect(await shop.getByRole('img').nth(1).getAttribute('aria-label')).toBe(
      '25 May to 23 November: 180 restorable, 2 unrestorable, 1 corrupt',
    );
    expect(await shop.locator('.tally').innerText()).toContain('bad ones on 23 November, 22 November, 14 October');
    expect(await shop.getByRole('img').nth(2).getAttribute('aria-label')).toMatch(/^Size of the backups: 48\.3 MB now/);
  });
});

test('the keyboard reaches everything, and shows where it is', async () => {
  await visits.visit(SCENES.well, { viewport: DESKTOP }, async ({ page }) => {
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
    await page.locator('summary').first().focus();
    await page.keyboard.press('Enter');
    expect(await page.locator('details').first().getAttribute('open')).not.toBeNull();
  });
});
