import { expect, test } from 'vitest';
import { judgeDatabase } from '../../../functions/exporter/status/judge/database-standing.ts';
import { renderStatus } from '../../../functions/exporter/status/page/render-status.tsx';
import { databaseOf, factsOf, NOW } from '../../support/status/facts.ts';

const drill = { archiveKey: '', proved: 3, pieces: 7, runs: 1, startedAt: NOW };
const shop = databaseOf({
  verdict: (daysAgo) => (daysAgo === 0 ? undefined : 'restorable'),
  changes: (daysAgo) => (daysAgo === 0 ? { drill, storedAt: NOW } : {}),
});

test('a drill that goes on in the next run: the page says how far it is', () => {
  expect(judgeDatabase(shop, NOW)).toMatchObject({
    level: 'attention',
    findings: [{ level: 'note', detail: '3 of 7 pieces came back equal, in 1 run since 2026-11-23 08:12 UTC.' }],
  });
  const { body } = renderStatus(factsOf([shop]), { database: undefined, version: '1.2.3' }, NOW);
  expect(body).toContain('drill: 3 of 7 pieces done');
});

test('before its pieces are planned', () => {
  const begun = databaseOf({
    days: 1,
    verdict: () => undefined,
    changes: () => ({ drill: { ...drill, pieces: undefined } }),
  });
  expect(renderStatus(factsOf([begun]), { database: undefined, version: '1.2.3' }, NOW).body).toContain(
    'drill: 3 pieces done',
  );
});
