import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ComposeBeside, composeBeside } from '../../support/container/compose-beside.ts';
import { buildPrometheus, STAND_INS } from '../../support/container/stand-ins.ts';
import { shippedRules } from '../../support/prometheus/alert-files.ts';
import { freePort } from '../../support/servers/postgres.ts';

const TOKEN = 'a-token-of-the-test';
/** Prometheus looks once a minute. */
const PATIENCE = { timeout: 200_000, interval: 1_000 };

describe.each([
  ['without a token', false],
  ['with METRICS_TOKEN', true],
])('the monitoring of Compose, %s', (_, withToken) => {
  let here: ComposeBeside;
  let folder: string;
  let port: number;
  const ask = async (question: string) => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/${question}`).catch(() => undefined);
    return answer?.ok ? (await answer.json()).data : undefined;
  };

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'pgvouch-token-'));
    const file = path.join(folder, 'token');
    await writeFile(file, TOKEN);
    port = await freePort();
    here = await composeBeside({
      ...{ PROMETHEUS_IMAGE: STAND_INS.prometheus, PROMETHEUS_PORT: String(port) },
      ...(withToken && { METRICS_TOKEN: TOKEN, PROMETHEUS_TOKEN_FILE: file }),
    });
    await buildPrometheus();
    await here.project.up('pgvouch', 'prometheus');
  });
  afterAll(async () => {
    await here?.end();
    await rm(folder, { recursive: true, force: true });
  });

  test('Prometheus scrapes pgvouch, and nothing else', async () => {
    const target = async () => (await ask('targets'))?.activeTargets;
    const expected = { scrapeUrl: 'http://pgvouch:3000/metrics', health: 'up', lastError: '' };
    await expect.poll(target, PATIENCE).toEqual([expect.objectContaining(expected)]);
    const question = `query?query=${encodeURIComponent('pgvouch_database_configured')}`;
    expect((await ask(question)).result).toMatchObject([{ metric: { job: 'pgvouch', database: 'shop' } }]);
    const { status } = await fetch(`http://127.0.0.1:${here.metricsPort}/metrics`);
    expect(status).toBe(withToken ? 401 : 200);
  });

  test('it has all rules that ship with pgvouch, and evaluates them', async () => {
    const names = shippedRules().map(({ alert, record }) => alert ?? record);
    expect(names.length).toBeGreaterThan(20);
    const found = async () => {
      const { groups = [] } = (await ask('rules')) ?? {};
      return groups.flatMap(({ rules }: { rules: { name: string; health: string }[] }) =>
        rules.map(({ name, health }) => `${name} ${health}`),
      );
    };
    await expect.poll(found, PATIENCE).toEqual(names.map((name) => `${name} ok`));
  });
});
