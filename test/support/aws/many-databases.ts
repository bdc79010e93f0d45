import { expect } from 'vitest';
import { environmentFor } from '../../../layers/settings/database-settings.ts';
import { readZip } from './zip.ts';

const TENANTS = Array.from({ length: 300 }, (_, index) => `tenant_of_the_shop_${index}`);

/** A pgvouch.yaml of more databases than the environment of a function could hold, each with exclusions of its own. */
export const MANY_DATABASES = [
  'server:',
  '  databases:',
  ...['shop', '"crm_*"'].map((name) => `    ${name}:`),
  ...TENANTS.map((name, index) => `    ${name}: {exclude: {tableData: ["audit_${index}_*", "sessions"]}}`),
].join('\n');

/** The variables in the file of a function's zip; undefined if it has none. */
export async function settingsIn(zip: string): Promise<Readonly<Record<string, string>> | undefined> {
  const file = (await readZip(zip)).get('settings.json');
  return file && JSON.parse(file.toString());
}

/** Expects each function to have of {@link MANY_DATABASES} what it reads. @param files - by function */
export function expectManyDatabases(
  files: Readonly<Record<string, Readonly<Record<string, string>> | undefined>>,
): void {
  const names = Object.entries(files).flatMap(([name, file]) => (file ? [[name, Object.keys(file)]] : []));
  const both = ['POSTGRES_DBS', 'DATABASE_SETTINGS'];
  expect(Object.fromEntries(names)).toEqual({
    ...{ find: both, dump: both, verify: ['DATABASE_SETTINGS'], retention: ['DATABASE_SETTINGS'] },
    ...{ refresh: ['POSTGRES_DBS', 'REFRESHES'], exporter: [...both, 'REFRESHES'], notify: both },
  });
  expect(JSON.parse(files.exporter?.POSTGRES_DBS ?? '')).toEqual(['shop', ...TENANTS, 'crm_*']);
  const { DUMP_EXCLUDE_TABLE_DATA } = environmentFor(files.dump ?? {}, 'tenant_of_the_shop_299');
  expect(JSON.parse(DUMP_EXCLUDE_TABLE_DATA ?? '')).toEqual(['audit_299_*', 'sessions']);
}
