import { expect, test } from 'vitest';
import { formatMetrics } from '../../../functions/exporter/metrics/format-metrics.ts';
import { summaryOfServers } from '../../../functions/exporter/status/judge/servers-summary.ts';
import { renderServers } from '../../../functions/exporter/status/page/render-servers.tsx';
import { renderStatus } from '../../../functions/exporter/status/page/render-status.tsx';
import { parseOpenMetrics, parsePrometheusText } from '../../support/prometheus/prometheus-text.ts';
import { databaseOf, factsOf, NOW } from '../../support/status/facts.ts';
import { emptyState, sampleObservation } from '../../support/status/observation.ts';
import { ofServer, SCENES, SERVERS } from '../../support/status/scenes.ts';

const request = { database: undefined, version: '1.2.3' };

test.each(['text', 'openmetrics'] as const)('%s: every sample says of which server it is', async (format) => {
  const observations = ['main', 'old'].map((server) =>
    sampleObservation({ server, databases: [emptyState('shop')], vaultUp: server === 'main' }),
  );
  const { body } = await formatMetrics(observations, { version: '1' }, format);
  const samples = format === 'text' ? parsePrometheusText(body) : parseOpenMetrics(body);
  expect([...samples.keys()].filter((name) => !/server="(main|old)"/.test(name))).toEqual([]);
  expect(samples.get('pgvouch_vault_up{server="main"}')).toBe(1);
  expect(samples.get('pgvouch_vault_up{server="old"}')).toBe(0);
  expect(samples.get('pgvouch_database_configured{database="shop",server="old"}')).toBe(1);
});

test.each([
  ['All is well', ['well', 'well']],
  ['main: 3 of 5 databases need you', ['trouble', 'well']],
  ['2 of 3 servers need you', ['trouble', 'well', 'trouble']],
  ['The bucket does not answer', ['silent', 'silent']],
  ['main: The bucket does not answer', ['silent', 'well']],
] as const)('%s', (title, scenes) => {
  const all = scenes.map((scene, index) => ofServer(['main', 'old', 'new'][index] ?? '', SCENES[scene]));
  expect(summaryOfServers(all, NOW).title).toBe(title);
});

test('all servers: the worst first, how many newest backups were proved, and links that name the server', () => {
  const { servers, lead } = summaryOfServers(SERVERS, NOW);
  expect(servers.map(({ facts }) => facts.server)).toEqual(['berlin', 'main', 'archive']);
  expect(lead).toBe(
    'Of the newest backups of 6 databases: 4 restored and compared, 1 read to the last byte, 1 not proved.',
  );
  const { body } = renderServers(SERVERS, request, NOW);
  expect(body).toContain('href="?server=berlin&amp;database=crm"');
  expect(body).toContain('href="?server=archive"');
});

test('on the page of one, commands name it, and so do links', () => {
  const [, berlin] = SERVERS;
  const { body } = renderStatus(berlin ?? SCENES.well, request, NOW);
  expect(body).toContain('npx pgvouch dump --server berlin --database crm');
  expect(body).not.toMatch(/npx pgvouch [a-z]+ (?!--server berlin)/);
  expect(body).toContain('href="?server=berlin&amp;database=crm"');
});

test('with many servers of many databases the page stays under 100 kB, and tells how many are not there', () => {
  const databases = Array.from({ length: 60 }, (_, index) => databaseOf({ name: `database_${index}`, days: 2 }));
  const many = Array.from({ length: 30 }, (_, index) => ofServer(`server-${index}`, factsOf(databases)));
  const { body } = renderServers(many, request, NOW);
  expect(Buffer.byteLength(body)).toBeLessThan(100_000);
  expect(body).toMatch(/and \d+ more, none in a worse state/);
  for (const { server } of many) expect(body).toContain(`?server=${server}"`);
  const evenMore = Array.from({ length: 900 }, (_, index) => ofServer(`server-${index}`, factsOf(databases)));
  expect(Buffer.byteLength(renderServers(evenMore, request, NOW).body)).toBeLessThan(100_000);
});
