import { retentionNotesKey, summaryKey } from '../../../layers/backup/keys.ts';
import type { FunctionName } from '../../../layers/settings/functions.ts';
import { openVault, type Vault } from '../../../layers/vault/vault.ts';
import { startStoreProxy, through } from '../../support/servers/store-proxy.ts';
import { untilQuiet } from '../measure/quiet.ts';
import { run } from '../measure/run.ts';
import { median } from '../measure/statistics.ts';
import { CATALOG_DATABASES, growCatalog } from '../place/catalog.ts';
import { functionEnvironment, type Place } from '../place/place.ts';
import type { Finding } from '../report/results.ts';
import { formatTable, mb, ratio, seconds } from '../report/table.ts';

export interface CatalogOptions {
  readonly backups: readonly number[];
  readonly rounds: number;
  readonly patienceMs: number;
}

export interface CatalogFigures {
  readonly databases: number;
  readonly costs: readonly CatalogCost[];
}

/** What one invocation of one function costs over a catalog of so many backups. */
export interface CatalogCost {
  /** As tables name it. */
  readonly what: string;
  readonly backups: number;
  readonly requests: Readonly<Record<string, number>>;
  /** The handler's, without the load of its code. */
  readonly medianS: number;
  readonly cpuS: number;
  readonly peakRssBytes: number;
  /** To the next smaller catalog: how many times as long for how many times as many backups. */
  readonly growth: { readonly backups: number; readonly time: number } | undefined;
}

/** What looks at all of a catalog, each in a process of its own: a cold start. */
interface Look {
  readonly what: string;
  readonly name: FunctionName;
  readonly event: unknown;
  readonly env: Readonly<Record<string, string>>;
  /** Before each, outside of its time. */
  readonly before: (vault: Vault) => Promise<void>;
}

const SCRAPE = { rawPath: '/metrics', headers: {}, requestContext: { http: { method: 'GET' } } };
/** A policy that keeps everything. */
const retention = { name: 'retention', event: {}, env: { RETENTION_DAYS: '36500' } } as const;
const exporter = { name: 'exporter', event: SCRAPE, env: {} } as const;

const LOOKS: readonly Look[] = [
  {
    what: 'retention, the first run ever',
    ...retention,
    before: (vault) => vault.remove(retentionNotesKey(vault.prefix)),
  },
  { what: 'retention, nothing to do', ...retention, before: async () => {} },
  {
    what: 'verify, nothing without a verdict',
    ...{ name: 'verify', event: {}, env: { DRILL: 'off' } },
    before: async () => {},
  },
  {
    what: 'exporter, the first look ever',
    ...exporter,
    before: (vault) => vault.remove(summaryKey(vault.prefix)),
  },
  { what: 'exporter, a cold start', ...exporter, before: async () => {} },
];

/** What daily runs and scrapes cost as a catalog grows. */
export async function benchCatalog(
  place: Place,
  { backups: sizes, rounds, patienceMs }: CatalogOptions,
  tell: (line: string) => void,
): Promise<Finding<CatalogFigures>> {
  const config = { ...place.vault.config, prefix: 'catalog/' };
  const vault = openVault(config);
  const costs: CatalogCost[] = [];
  const ascending = [...sizes].sort((a, b) => a - b);
  for (const [index, backups] of ascending.entries()) {
    await growCatalog(vault, ascending[index - 1] ?? 0, backups);
    tell(`catalog of ${backups} backups: made`);
    for (const look of LOOKS) {
      const cost = await measure(place, config, look, { rounds, patienceMs });
      const smaller = costs.filter(({ what }) => what === look.what).at(-1);
      const growth = smaller && { backups: backups / smaller.backups, time: cost.medianS / smaller.medianS };
      costs.push({ what: look.what, backups, ...cost, growth });
      tell(`${look.what}, of ${backups} backups: ${seconds(cost.medianS)} s`);
    }
  }
  const figures = { databases: CATALOG_DATABASES, costs };
  return { what: 'catalog', figures, table: tableOf(figures) };
}

interface Report {
  readonly handlerMs: number;
  readonly cpuS: number;
  readonly peakRssBytes: number;
}

async function measure(
  place: Place,
  config: Place['sink'],
  { name, event, env, before }: Look,
  { rounds, patienceMs }: Omit<CatalogOptions, 'backups'>,
): Promise<Pick<CatalogCost, 'requests' | 'medianS' | 'cpuS' | 'peakRssBytes'>> {
  const vault = openVault(config);
  const once = async (through: Place['sink']) => {
    await before(vault);
    const variables = { ...functionEnvironment(place, through, 'database_0'), ...env };
    const { stdout } = await run({ argv: place.bundles.invocation(name, event), env: variables });
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Report;
  };
  const reports: Report[] = [];
  for (let round = 0; round < rounds; round++) {
    await untilQuiet(patienceMs);
    reports.push(await once(config));
  }
  return {
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

function tableOf({ costs }: CatalogFigures): string {
  const rows = costs.map(({ what, backups, requests, medianS, cpuS, peakRssBytes, growth }) => [
    what,
    String(backups),
    ...['list', 'get', 'put'].map((kind) => String(requests[kind] ?? 0)),
    seconds(medianS),
    cpuS.toFixed(1),
    mb(peakRssBytes),
    growth ? `${ratio(growth.time)} for ${ratio(growth.backups)}` : '',
  ]);
  return formatTable([['', 'backups', 'list', 'get', 'put', 's', 'CPU s', 'MB', 'times as long'], ...rows]);
}
