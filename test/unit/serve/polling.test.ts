import { expect, test, vi } from 'vitest';
import { startBackground } from '../../../events/host/background.ts';
import { askForUnproved } from '../../../events/serve/unproved.ts';
import type { ListedObject } from '../../../layers/backup/catalog.ts';

const FIRING = 'pgvouch/shop/2026-11-22T02-00-00Z';

function listed(...names: string[]): ListedObject[] {
  const modifiedAt = new Date('2026-11-22T02:00:09Z');
  return names.map((name) => ({ key: `${FIRING}/${name}`, sizeBytes: 1, modifiedAt }));
}

function asking(listings: readonly (ListedObject[] | Error)[]): () => Promise<boolean> {
  const left = [...listings];
  return askForUnproved(async () => ({
    prefix: 'pgvouch/',
    async listAll() {
      const next = left.shift() ?? [];
      if (next instanceof Error) throw next;
      return next;
    },
  }));
}

test('only a backup without a verdict is worth a look', async () => {
  const ask = asking([
    listed('archive-0b5c1b0e-6d0f-4b55-8d4b-1f1b7b0f7a11.dump'),
    listed('manifest.json'),
    listed('manifest.json', 'verdict-restorable.json'),
  ]);
  expect([await ask(), await ask(), await ask()]).toEqual([false, true, false]);
});

test('a bucket that does not answer is looked at, and once more when it does: people hear of both', async () => {
  const ask = asking([new Error('connect ECONNREFUSED'), new Error('connect ECONNREFUSED'), [], []]);
  expect([await ask(), await ask(), await ask(), await ask()]).toEqual([true, true, true, false]);
});

test('where notifications are polled, verify starts only if the bucket has something for it', async () => {
  const fired = vi.fn(async () => {});
  const answers = [false, true];
  const asked = vi.fn(async () => answers.shift() ?? false);
  const background = startBackground({
    config: {
      ...{ verifyIntervalS: 1, dumps: [], verifySchedule: 'rate(1 day)', retentionSchedule: 'rate(1 day)' },
    },
    invoker: { invoke: fired, takeUp: async () => {}, close: async () => {} },
    bucket: { bucket: 'b', prefix: 'pgvouch/', notifications: 'polled', hasUnproved: asked },
  });
  try {
    await expect.poll(() => asked.mock.calls.length, { timeout: 30_000 }).toBeGreaterThanOrEqual(3);
    expect(fired.mock.calls).toEqual([['verify', expect.objectContaining({ source: 'aws.events' })]]);
  } finally {
    background.close();
  }
});
