import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { renderServers } from '../../../functions/exporter/status/page/render-servers.tsx';
import { renderStatus } from '../../../functions/exporter/status/page/render-status.tsx';
import { startChromium, type TestChromium } from './chromium.ts';
import { NOW } from './facts.ts';
import { SCENES, SERVERS } from './scenes.ts';

interface Picture {
  readonly file: string;
  readonly scene: keyof typeof SCENES | 'servers';
  readonly colorScheme: 'light' | 'dark';
  readonly width: number;
  readonly height: number;
  /** Whether the first lists are unfolded. */
  readonly open?: boolean;
}

const PICTURES: readonly Picture[] = [
  { file: 'status', scene: 'well', colorScheme: 'light', width: 1100, height: 1180 },
  { file: 'status-dark', scene: 'well', colorScheme: 'dark', width: 1100, height: 1180 },
  { file: 'status-trouble', scene: 'trouble', colorScheme: 'light', width: 1100, height: 1500 },
  { file: 'status-lists', scene: 'lists', colorScheme: 'light', width: 1100, height: 1380, open: true },
  { file: 'status-phone', scene: 'trouble', colorScheme: 'dark', width: 375, height: 1500 },
  { file: 'status-recovery', scene: 'recovery', colorScheme: 'light', width: 1100, height: 1480 },
  { file: 'status-servers', scene: 'servers', colorScheme: 'light', width: 1100, height: 900 },
  { file: 'status-silent', scene: 'silent', colorScheme: 'light', width: 1100, height: 640 },
];

/** Takes docs/screenshots anew: `npm run docs:screenshots`. */
async function takeScreenshots(into: string): Promise<void> {
  await mkdir(into, { recursive: true });
  const chromium = await startChromium();
  try {
    for (const picture of PICTURES) await writeFile(join(into, `${picture.file}.png`), await take(chromium, picture));
  } finally {
    await chromium.end();
  }
}

async function take(chromium: TestChromium, picture: Picture): Promise<Buffer> {
  const { scene, colorScheme, width, height, open } = picture;
  const context = await chromium.context({ colorScheme, viewport: { width, height } });
  const page = await context.newPage();
  const request = { database: undefined, version: '0.1.0' };
  const { body } =
    scene === 'servers' ? renderServers(SERVERS, request, NOW) : renderStatus(SCENES[scene], request, NOW);
  await page.setContent(body);
  if (open) {
    for (const summary of await page.locator('summary').all()) await summary.click();
    await page.evaluate('document.activeElement.blur(); scrollTo({ top: 0, behavior: "instant" })');
  }
  const shot = await page.screenshot();
  await context.close();
  return shot;
}

await takeScreenshots(resolve(process.argv[2] ?? 'docs/screenshots'));
