import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { archiveKey, retentionReportKey, summaryKey } from '../../../layers/backup/keys.ts';
import { parseRetentionReport } from '../../../layers/backup/retention-report.ts';
import type { Vault } from '../../../layers/vault/vault.ts';
import {
  daysAgo,
  OUTLIVED_MS,
  prefix,
  tagged,
  retentionWorld as world,
  yesterday,
} from '../../support/world/world-retention.ts';
import { keysOf } from '../../support/world/world-vault.ts';

const key = retentionReportKey(prefix);

async function totalsIn(vault: Vault) {
  return parseRetentionReport((await vault.getText(key)) ?? '', key).totals?.deletions;
}

async function storeOrphan(vault: Vault): Promise<void> {
  await vault.put(archiveKey(prefix, { database: 'shop', firedAt: yesterday }, randomUUID()), 'x');
}

test('totals go on from report to report; what is only tagged is counted once', async () => {
  const { vault, run, store } = await world([0]);
  await store(40, { removeAfter: yesterday });
  await storeOrphan(vault);
  await run({ sweepGraceMs: OUTLIVED_MS });
  expect(await totalsIn(vault)).toMatchObject([{ database: 'shop', policy: 1, orphan: 1 }]);
  // Nothing removes what was tagged: the next run finds the same orphan, and a new one.
  await storeOrphan(vault);
  await run({ sweepGraceMs: OUTLIVED_MS });
  expect(await totalsIn(vault)).toMatchObject([{ database: 'shop', policy: 1, orphan: 2 }]);
  await run({ sweepGraceMs: OUTLIVED_MS, removal: 'direct' });
  expect(await totalsIn(vault)).toMatchObject([{ database: 'shop', orphan: 2 }]);
});

test('a report that is damaged, older or lost begins them anew, and stops nothing', async () => {
  const { vault, run, lines } = await world([0]);
  for (const damage of ['{', undefined, 'older'] as const) {
    await storeOrphan(vault);
    const { report } = await run({ sweepGraceMs: OUTLIVED_MS, removal: 'direct' });
    expect(report.totals?.deletions).toMatchObject([{ database: 'shop', orphan: 1 }]);
    const { totals: _, ...older } = report;
    if (damage === undefined) await vault.remove(key);
    else await vault.put(key, damage === 'older' ? JSON.stringify(older) : damage);
  }
  expect(lines.filter(({ msg }) => msg.includes('totals'))).toHaveLength(1);
});

test("the exporter's summary is no business of retention's", async () => {
  const { vault, run, store } = await world([0]);
  await store(40, { removeAfter: yesterday });
  await vault.put(summaryKey(prefix), '{}');
  for (const removal of ['tag', 'direct'] as const) {
    const { decisions } = await run({ sweepGraceMs: OUTLIVED_MS, removal, now: daysAgo(-1) });
    expect(decisions.filter((decision) => decision.key?.includes('summary'))).toEqual([]);
  }
  expect(await tagged(vault)).not.toContain(summaryKey(prefix));
  expect(await keysOf(vault)).toContain(summaryKey(prefix));
});
