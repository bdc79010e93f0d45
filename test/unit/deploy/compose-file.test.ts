import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

const read = (file: string) => parse(readFileSync(path.join('deploy', file), 'utf8'));
const { services, volumes } = read('compose.yaml');
const { pgvouch, prometheus, grafana } = services;

test('pgvouch has the limits of the container that it replaces, and no right that it does not need', () => {
  expect(pgvouch).toMatchObject({
    cpus: 0.5,
    mem_limit: '512m',
    restart: 'on-failure:3',
    read_only: true,
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
    volumes: ['pgvouch:/var/lib/pgvouch'],
  });
});

test('pgvouch starts when PostgreSQL and MinIO are well', () => {
  for (const name of ['postgres', 'minio']) {
    expect(pgvouch.depends_on[name]).toEqual({ condition: 'service_healthy' });
    expect(services[name].healthcheck.test[0]).toBe('CMD');
  }
});

test('nothing can be reached from another machine', () => {
  const ports = Object.values<{ ports?: string[] }>(services).flatMap((service) => service.ports ?? []);
  expect(ports).toHaveLength(3);
  for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
});

test('what is kept has a volume, and what is mounted is there', () => {
  const sources = Object.values<{ volumes: string[] }>(services).flatMap((service) =>
    service.volumes.map((volume) => volume.replace(/\$\{\w+:-([^}]*)\}/, '$1').split(':')[0] ?? ''),
  );
  const named = sources.filter((source) => !/^[./]/.test(source));
  expect(named.sort()).toEqual(Object.keys(volumes).sort());
  for (const file of sources.filter((source) => /^[./]/.test(source))) {
    expect(existsSync(path.resolve('deploy', file)), file).toBe(true);
  }
});

test('monitoring is by choice, and is what ships with pgvouch', () => {
  expect([prometheus.profiles, grafana.profiles]).toEqual([['monitoring'], ['monitoring']]);
  expect(prometheus.volumes).toContain('../functions/exporter/prometheus/alerts.yml:/etc/prometheus/alerts.yml:ro');
  // As the example that is tested, but for the addresses.
  const { alerting, scrape_configs: example, ...rest } = read('../functions/exporter/prometheus/prometheus.yml');
  const { scrape_configs: scraped, ...others } = read('monitoring/prometheus.yml');
  expect(others).toEqual(rest);
  expect(alerting).toBeDefined();
  expect(scraped).toEqual([{ ...example[0], static_configs: [{ targets: ['pgvouch:3000'] }] }]);
});

/**
 * @see https://grafana.com/docs/grafana/latest/administration/provisioning/
 * @see https://grafana.com/docs/grafana/latest/setup-grafana/configure-docker/#default-paths
 */
test('what Grafana reads is where its documentation says, and says what it must', () => {
  const mounted = new Map<string, string>(
    grafana.volumes.map((volume: string) => volume.split(':').slice(0, 2).reverse()),
  );
  const source = read(mounted.get('/etc/grafana/provisioning/datasources/pgvouch.yaml') ?? '');
  expect(source).toEqual({
    apiVersion: 1,
    datasources: [
      { name: 'Prometheus', type: 'prometheus', access: 'proxy', url: 'http://prometheus:9090', isDefault: true },
    ],
  });
  const { apiVersion, providers } = read(mounted.get('/etc/grafana/provisioning/dashboards/pgvouch.yaml') ?? '');
  const options = { path: '/var/lib/grafana/dashboards' };
  expect({ apiVersion, providers }).toEqual({ apiVersion: 1, providers: [{ name: 'pgvouch', type: 'file', options }] });
  const dashboard = readFileSync(path.join('deploy', mounted.get(`${options.path}/pgvouch.json`) ?? ''), 'utf8');
  expect(JSON.parse(dashboard)).toMatchObject({ uid: 'pgvouch', title: 'pgvouch' });
});

test("MinIO's webhook is the one that pgvouch asks for", () => {
  const { environment } = services.minio;
  const [, identifier = ''] = /sqs::(\w+):webhook/.exec(pgvouch.environment.MINIO_NOTIFY_ARN) ?? [];
  expect(environment).toMatchObject({
    [`MINIO_NOTIFY_WEBHOOK_ENABLE_${identifier}`]: 'on',
    [`MINIO_NOTIFY_WEBHOOK_ENDPOINT_${identifier}`]: 'http://pgvouch:3003',
  });
});
