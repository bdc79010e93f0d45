import { randomUUID } from 'node:crypto';
import { archiveKey, globalsKey, manifestKey, verdictKey } from '../../layers/backup/keys.ts';
import { openVault, type Vault } from '../../layers/vault/vault.ts';
import { sampleManifest } from '../support/sample-manifest.ts';
import { startStoreProxy, through } from '../support/store-proxy.ts';
import { functionEnvironment, type Place } from './place.ts';
import { untilQuiet } from './quiet.ts';
import type { Finding } from './results.ts';
import { run } from './run.ts';
import { median } from './statistics.ts';
import { formatTable, mb, ratio, seconds } from './table.ts';

/** Of so many databases, a backup a day each: the largest catalog is three years of ten databases. */
const DATABASES = 10;
const DAY_MS = 86_400_000;
/** A manifest grows with the tables of its database. */
const TABLES = Array.from({ length: 50 }, (_, n) => ({ schema: 'public', name: `table_${n}`, rows: 1_000 * n }));

export interface CatalogOptions {
  readonly backups: readonly number[];
  readonly rounds: number;
  readonly patienceMs: number;
}

export interface CatalogFigures {
  readonly databases: number;
  readonly catalogs: readonly CatalogCost[];
  /** Between the two largest: how many times as long for how many times as many backups. */
  readonly growth: { readonly backups: number; readonly time: number };
}

export interface CatalogCost {
  readonly backups: number;
  readonly requests: Readonly<Record<string, number>>;
  /** The handler's, without the load of its code. */
  readonly medianS: number;
  readonly cpuS: number;
  readonly peakRssBytes: number;
}

/** What a daily run of retention costs as a catalog grows: one that finds nothing to do, as nearly every run does. */
export async function benchCatalog(
  place: Place,
  { backups: sizes, rounds, patienceMs }: CatalogOptions,
  tell: (line: string) => void,
): Promise<Finding<CatalogFigures>> {
  const config = { ...place.vault.config, prefix: 'catalog/' };
  const vault = openVault(config);
  const catalogs: CatalogCost[] = [];
  const ascending = [...sizes].sort((a, b) => a - b);
  for (const [index, backups] of ascending.entries()) {
    await grow(vault, ascending[index - 1] ?? 0, backups);
    tell(`catalog of ${backups} backups: made`);
    const cost = await measure(place, config, backups, { rounds, patienceMs });
    tell(`catalog of ${backups} backups: ${seconds(cost.medianS)} s`);
    catalogs.push(cost);
  }
  const [before, last] = catalogs.slice(-2);
  const growth = {
    backups: (last?.backups ?? 1) / (before?.backups ?? 1),
    time: (last?.medianS ?? 1) / (before?.medianS ?? 1),
  };
  const figures = { databases: DATABASES, catalogs, growth };
  return { what: 'retention', figures, table: tableOf(figures) };
}

interface Report {
  readonly handlerMs: number;
  readonly cpuS: number;
  readonly peakRssBytes: number;
}

async function measure(
  place: Place,
  config: Place['sink'],
  backups: number,
  { rounds, patienceMs }: Omit<CatalogOptions, 'backups'>,
): Promise<CatalogCost> {
  const once = async (vault: Place['sink']) => {
    const env = { ...functionEnvironment(place, vault, 'unused'), RETENTION_DAYS: '36500' };
    const { stdout } = await run({ argv: place.bundles.invocation('retention', {}), env });
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Report;
  };
  const reports: Report[] = [];
  for (let round = 0; round < rounds; round++) {
    await untilQuiet(patienceMs);
    reports.push(await once(config));
  }
  return {
    backups,
    requests: await countRequests(config, once),
    medianS: median(reports.map(({ handlerMs }) => handlerMs / 1000)),
    cpuS: median(reports.map(({ cpuS }) => cpuS)),
    peakRssBytes: Math.max(...reports.map(({ peakRssBytes }) => peakRssBytes)),
  };
}

/** In a run of its own, whose time does not count: what counts them stands in between. */
async function countRequests(
  config: Place['sink'],
  runOnce: (vault: Place['sink']) => Promise<Report>,
): Promise<Record<string, number>> {
  const proxy = await startStoreProxy(config.server?.endpoint ?? '');
  try {
    await runOnce({ ...config, ...through(proxy, config) });
    const counts: Record<string, number> = {};
    for (const { method, key } of proxy.requests) {
      const kind = method === 'GET' ? (key === '' ? 'list' : 'get') : method.toLowerCase();
      counts[kind] = (counts[kind] ?? 0) + 1;
    }
    return counts;
  } finally {
    await proxy.end();
  }
}

/** Adds backups, each proved, its objects but the manifest hardly more than their names: nothing here reads those. */
async function grow(vault: Vault, from: number, to: number): Promise<void> {
  const newest = Math.floor(Date.now() / DAY_MS) * DAY_MS;
  const add = async (n: number) => {
    const name = {
      database: `database_${n % DATABASES}`,
      firedAt: new Date(newest - Math.floor(n / DATABASES) * DAY_MS),
    };
    const attempt = randomUUID();
    const sample = sampleManifest(name);
    const archive = { ...sample.archive, key: archiveKey(vault.prefix, name, attempt) };
    const globals = { ...sample.globals, key: globalsKey(vault.prefix, name, attempt) };
    const manifest = { ...sample, attempt, archive, globals, tables: TABLES };
    await vault.put(archive.key, '.');
    await vault.put(globals.key, '.');
    await vault.put(manifestKey(vault.prefix, name), `${JSON.stringify(manifest, null, 2)}\n`);
    await vault.put(verdictKey(vault.prefix, name, 'restorable'), '{}');
  };
  const numbers = Array.from({ length: to - from }, (_, n) => from + n).values();
  const worker = async () => {
    for (const n of numbers) await add(n);
  };
  await Promise.all(Array.from({ length: 16 }, worker));
}

function tableOf({ catalogs, growth }: CatalogFigures): string {
  const rows = catalogs.map(({ backups, requests, medianS, cpuS, peakRssBytes }) => [
    String(backups),
    ...['list', 'get', 'put'].map((kind) => String(requests[kind] ?? 0)),
    seconds(medianS),
    cpuS.toFixed(1),
    mb(peakRssBytes),
    ((1000 * medianS) / backups).toFixed(2),
  ]);
  return [
    formatTable([['backups', 'list', 'get', 'put', 's', 'CPU s', 'MB', 'ms a backup'], ...rows]),
    `${ratio(growth.time)} times as long for ${ratio(growth.backups)} times as many`,
  ].join('\n');
}
