import { describe, expect, test } from 'vitest';
import { judgeCluster } from '../../../functions/exporter/status/judge/cluster-standing.ts';
import { summaryOf } from '../../../functions/exporter/status/judge/summary.ts';
import { bandOf, yearOf } from '../../../functions/exporter/status/judge/year.ts';
import { renderStatus } from '../../../functions/exporter/status/page/render-status.tsx';
import { backupOf, clusterOf, databaseOf, factsOf, NOW } from '../../support/status/facts.ts';

const minutesAgo = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000);
const from = minutesAgo(3 * 24 * 60);
const headline = (changes: Parameters<typeof clusterOf>[0]) => judgeCluster(clusterOf(changes), NOW).headline;

describe('how far back', () => {
  test('to any second since the end of the oldest base backup', () => {
    expect(judgeCluster(clusterOf(), NOW)).toEqual({
      ...{ level: 'good', headline: 'can go back to any second since 7 November, 02:00 UTC', findings: [] },
    });
  });

  test('no further than WAL is there', () => {
    const to = minutesAgo(26 * 60);
    expect(headline({ windows: [{ from, to, endsInGap: true }], openGaps: 1 })).toBe(
      'can go back to any second from 20 November, 08:12 UTC to 22 November, 06:12 UTC, and not later: WAL is missing',
    );
    expect(
      headline({ windows: [{ from, to: minutesAgo(40), endsInGap: false }], recoveryPointAt: minutesAgo(40) }),
    ).toBe('can go back to any second from 20 November, 08:12 UTC to 07:32 UTC, 40 min ago');
  });

  test('nowhere without base backups, or without their WAL', () => {
    expect(headline({ windows: [], bases: [] })).toBe('cannot go back yet: there is no base backup');
    expect(headline({ windows: [] })).toBe('cannot go back: no base backup has the WAL that it needs');
  });

  test('a server that has another cluster now alarms nobody', () => {
    const old = clusterOf({ configured: false, recoveryPointAt: from, lastProvedAt: undefined, lastBaseAt: from });
    expect(judgeCluster(old, NOW)).toMatchObject({
      ...{
        level: 'idle',
        findings: [],
        headline: expect.stringMatching(/ to 08:11 UTC, 70 s ago; not archived any more$/),
      },
    });
  });
});

test('what lies between two windows cannot be brought back: a note', () => {
  const windows = [
    { from, to: minutesAgo(2_000), endsInGap: true },
    { from: minutesAgo(1_000), to: minutesAgo(1), endsInGap: false },
  ];
  const { level, findings } = judgeCluster(clusterOf({ windows }), NOW);
  expect(level).toBe('good');
  expect(findings).toEqual([
    {
      level: 'note',
      text: 'It cannot go back to what lies between 2026-11-21 22:52 and 2026-11-22 15:32 UTC: WAL is missing there.',
      hint: undefined,
    },
  ]);
});

test('a bad base backup is trouble, though there is another', () => {
  const bases = [backupOf(0), backupOf(1, { verdict: 'unrestorable' })];
  const { level, findings } = judgeCluster(clusterOf({ bases }), NOW);
  expect(level).toBe('trouble');
  expect(findings.map(({ text }) => text)).toEqual([
    'The base backup of 2026-11-22 02:00 UTC is unrestorable: recovery does not begin with it.',
  ]);
});

describe('the summary', () => {
  const pitr = (...clusters: ReturnType<typeof clusterOf>[]) => ({ pitr: true, clusters });
  const stalled = clusterOf({ recoveryPointAt: minutesAgo(20) });

  test('is well with a cluster that is, and counts databases and servers', () => {
    expect(summaryOf(factsOf([databaseOf()], pitr(clusterOf())), NOW).title).toBe('All is well');
    expect(summaryOf(factsOf([databaseOf()], pitr(stalled)), NOW).title).toBe('db.internal:5432 needs you');
    const facts = factsOf([databaseOf(), databaseOf({ name: 'crm', days: 0 })], pitr(stalled));
    expect(summaryOf(facts, NOW).title).toBe('2 of 3 databases and servers need you');
  });

  test('says so where PITR is on and nothing came', () => {
    expect(summaryOf(factsOf([databaseOf()], pitr()), NOW)).toMatchObject({
      ...{ level: 'trouble', title: 'Something needs you' },
      findings: [{ text: 'PITR is on, and the bucket holds no WAL of any server.' }],
    });
    const unknown = factsOf([databaseOf()], { pitr: true, clusters: undefined });
    expect(summaryOf(unknown, NOW).findings).toEqual([]);
  });
});

test('the band is over the days of the windows', () => {
  const days = yearOf([], NOW);
  const windows = [
    { from: new Date('2026-11-01T23:59:59Z'), to: new Date('2026-11-03T00:00:00Z') },
    { from: new Date('2026-11-22T10:00:00Z'), to: NOW },
  ];
  const band = bandOf(days, windows);
  expect(days.filter((_, index) => band[index]).map(({ at }) => at.toISOString().slice(5, 10))).toEqual([
    ...['11-01', '11-02', '11-03', '11-22', '11-23'],
  ]);
});

describe('the page', () => {
  const page = (...clusters: ReturnType<typeof clusterOf>[]) =>
    renderStatus(factsOf([databaseOf()], { pitr: true, clusters }), { database: undefined, version: '1' }, NOW).body;

  test('has the sentence, the band with its words, the RPO, the proof and the slot', () => {
    const body = page(clusterOf());
    expect(body).toContain('can go back to any second since 7 November, 02:00 UTC');
    // The newer half of the year, and the sign beside the words.
    expect(body.match(/class="band" d="M/g)?.length).toBe(2);
    expect(body).toContain('any second of 17 days');
    const text = body.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ');
    expect(text).toContain('A loss of the server costs at most 70 s');
    expect(text).toContain('Last proved by a recovery 5 h ago');
    expect(text).toContain('The slot keeps 31.0 MB of at most 21.5 GB');
  });

  test('has as many clusters as there is room for', () => {
    const many = Array.from({ length: 6 }, (_, index) =>
      clusterOf({ name: `db${index}`, systemIdentifier: `7${index}` }),
    );
    const body = page(...many);
    expect(body).toContain('>db3<');
    expect(body).not.toContain('>db4<');
    expect(body).toContain('and 2 more, none in a worse state');
    expect(Buffer.byteLength(body)).toBeLessThan(100_000);
  });
});
