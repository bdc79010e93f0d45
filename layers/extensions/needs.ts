import type { DebianMajor } from '../debian/postgresql.ts';
import { contribOf } from './contrib.ts';
import { PACKAGES } from './packages.ts';
import { SERVER_PARTS } from './server-parts.ts';

/**
 * The Debian packages that have these extensions for a major, without those that come with the server. Pure.
 *
 * @param extensions - as `pg_extension` names them
 * @returns the packages' names, and the extensions that Debian does not have for this major
 */
export function packagesFor(
  extensions: readonly string[],
  major: DebianMajor,
): { readonly packages: readonly string[]; readonly lacking: readonly string[] } {
  const contrib = contribOf(major);
  const packages = new Set<string>();
  const lacking: string[] = [];
  for (const name of extensions.filter((one) => !contrib.includes(one))) {
    const found = PACKAGES.find((one) => one.majors.includes(major) && one.extensions.includes(name));
    if (found === undefined) lacking.push(name);
    else packages.add(found.name.replace('*', String(major)));
  }
  return { packages: [...packages].sort(), lacking };
}

/**
 * The settings that a server must be started with for these extensions. What is preloaded gets no workers: they would act
 * on what was restored, and one that does not answer has `DROP DATABASE` wait for ever, as pglogical's does on 15. Pure.
 *
 * @see https://github.com/2ndQuadrant/pglogical/issues/399
 *
 * @param extensions - those that the server has: a library that is not there would keep it from starting
 * @param database - the one that they will be in
 */
export function settingsFor(extensions: readonly string[], database: string): Record<string, string> {
  const parts = extensions.flatMap((name) => SERVER_PARTS[name] ?? []);
  const preload = new Set(parts.flatMap((part) => part.preload ?? []));
  const settings = parts.map((part) => ({
    ...part.settings,
    ...(part.databaseSetting !== undefined && { [part.databaseSetting]: database }),
  }));
  const loaded = preload.size > 0 && { shared_preload_libraries: [...preload].join(','), max_worker_processes: '0' };
  return Object.assign({}, ...settings, loaded);
}

/** How many jobs may restore these extensions at once. Pure. */
export function mostJobs(extensions: readonly string[]): number {
  return extensions.some((name) => SERVER_PARTS[name]?.inOrder) ? 1 : Number.POSITIVE_INFINITY;
}
