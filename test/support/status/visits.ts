import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import type { StatusFacts } from '../../../functions/exporter/status/judge/facts.ts';
import { renderServers } from '../../../functions/exporter/status/page/render-servers.tsx';
import { renderStatus } from '../../../functions/exporter/status/page/render-status.tsx';
import { startChromium, type TestChromium } from './chromium.ts';
import { NOW } from './facts.ts';
import { SCENES, SERVERS } from './scenes.ts';
import { type HttpFront, startHttpFront } from './status-server.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** What the rules of accessibility are: WCAG 2.2 A and AA, and what axe calls good practice. */
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** Those that the style decides; the others judge the elements, which are the same in every look. */
const RULES_OF_STYLE = ['color-contrast', 'target-size', 'scrollable-region-focusable', 'link-in-text-block'];

export const DESKTOP = { width: 1280, height: 900 };
export const PHONE = { width: 320, height: 640 };
/** The style has colours of its own in the dark, and an arrangement of its own on a phone: two looks show all of both. */
const LOOKS = [
  { viewport: DESKTOP, colorScheme: 'light', rules: RULES },
  { viewport: PHONE, colorScheme: 'dark', rules: RULES_OF_STYLE },
] as const;

/** For Chromium, once. */
const DOWNLOAD_MS = 600_000;

export interface Visit {
  readonly page: Page;
  /** What the console said; a Content-Security-Policy that was broken says so there. */
  readonly complaints: string[];
  /** Everything that the browser asked for. */
  readonly requests: string[];
}

/** One server without a name, or several with names. */
export type Shown = StatusFacts | readonly StatusFacts[];

export interface Visits {
  /** Of the server, once it is there. */
  readonly url: string;
  /** Shows the page of these facts to somebody. */
  visit<T>(shown: Shown, options: BrowserContextOptions, look: (visit: Visit) => Promise<T>): Promise<T>;
}

/** A browser and a server of pages, for all tests of a file. */
export function statusVisits(): Visits {
  let chromium: TestChromium;
  let server: HttpFront;
  let shown: Shown = SCENES.well;
  beforeAll(async () => {
    chromium = await startChromium();
    server = await startHttpFront(async ({ queryStringParameters: { server: name, database } = {} }) => {
      const request = { database, version: '1.2.3' };
      const named = 'observedAt' in shown ? shown : shown.find((one) => one.server === name);
      const page = named ? renderStatus(named, request, NOW) : renderServers(shown as never, request, NOW);
      return { ...page, headers: { ...page.headers } };
    });
  }, DOWNLOAD_MS);
  afterAll(async () => {
    await server?.end();
    await chromium?.end();
  });
  return {
    get url() {
      return server.url;
    },
    async visit(wanted, options, look) {
      shown = wanted;
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
        await page.goto(server.url);
        return await look({ page, complaints, requests });
      } finally {
        await context.close();
      }
    },
  };
}

export async function accessibilityOf(page: Page, rules: readonly string[]): Promise<AxeResults> {
  await page.evaluate(AXE);
  const runOnly = { type: rules === RULES ? 'tag' : 'rule', values: rules };
  return page.evaluate(`axe.run(document, { runOnly: ${JSON.stringify(runOnly)} })`);
}

/** In every look, what may be unfolded is. */
export async function inEveryLook(page: Page, look: (rules: readonly string[]) => Promise<void>): Promise<void> {
  await page.evaluate('document.querySelectorAll("details").forEach((one) => { one.open = true; })');
  for (const { viewport, colorScheme, rules } of LOOKS) {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme });
    await look(rules);
  }
}

export const isWide = (page: Page) => page.evaluate<boolean>('document.documentElement.scrollWidth > innerWidth');

/** Expects the page of a scene to be accessible, quiet, whole and not too wide, by day, by night and on a phone. */
export async function expectGoodPage(visits: Visits, scene: keyof typeof SCENES | 'servers'): Promise<void> {
  await visits.visit(scene === 'servers' ? SERVERS : SCENES[scene], {}, async ({ page, complaints, requests }) => {
    await inEveryLook(page, async (rules) => {
      const { violations, passes } = await accessibilityOf(page, rules);
      expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
      const contrasts = passes.find(({ id }) => id === 'color-contrast')?.nodes.length ?? 0;
      expect(contrasts).toBeGreaterThan(8);
      expect(await isWide(page)).toBe(false);
    });
    expect(complaints).toEqual([]);
    expect(requests.filter((url) => !url.startsWith('data:'))).toEqual([visits.url]);
  });
}
