import { existsSync } from 'node:fs';
import { type Environment, readEnvironment } from '../../layers/settings/environment.ts';
import { baseNameOf } from '../../layers/settings/override.ts';
import { type RefreshSettings, readRefreshes } from '../../layers/settings/refreshes.ts';
import { plainJson } from './parameters.ts';

/** A file of this machine that goes along into the function's zip. */
export interface PackedFile {
  readonly from: string;
  /** Its name at the root of the zip. */
  readonly name: string;
}

/** The refreshes; none that cannot be read: those the function's own reader refuses. */
export function refreshesOf(env: Environment): readonly RefreshSettings[] {
  return readRefreshes(readEnvironment(env, 'the deployment'));
}

/** `REFRESHES` as the function gets it: with its files where they are in its zip. */
export function deployedRefreshes(env: Environment): string | undefined {
  const refreshes = readEnvironment(env, 'the deployment').get('REFRESHES');
  if (refreshes === undefined) return undefined;
  const packed = Object.entries(refreshes).map(([name, values]) => {
    const files = filesOf(name, values).map(({ setting, name: file }) => [setting, `/var/task/${file}`]);
    return [name, { ...values, ...Object.fromEntries(files) }];
  });
  return plainJson(Object.fromEntries(packed));
}

/** The files that the refreshes name. */
export function refreshFiles(env: Environment): PackedFile[] {
  const refreshes = readEnvironment(env, 'the deployment').get('REFRESHES') ?? {};
  return Object.entries(refreshes).flatMap(([name, values]) =>
    filesOf(name, values).map(({ from, name: file }) => ({ from, name: file })),
  );
}

/** The secrets of the refreshes, by the variables that have their ARNs. */
export function refreshSecrets(env: Environment) {
  return refreshesOf(env).flatMap(({ name, connection }) =>
    Object.entries(connection).flatMap(([variable, value]) =>
      value !== undefined && baseNameOf(variable) === 'POSTGRES_PASSWORD'
        ? [{ name: variable, base: 'POSTGRES_PASSWORD', value, of: ofRefresh(name) }]
        : [],
    ),
  );
}

/** What a function on AWS cannot do. */
export function refreshProblems(env: Environment): string[] {
  return refreshesOf(env).flatMap(({ name, timezone, schedule, masking, connection }) => {
    const of = ofRefresh(name);
    const files = OF_THIS_MACHINE.filter((variable) => connection[variable]);
    return [
      ...(schedule !== undefined && timezone !== 'UTC'
        ? [`REFRESH_TIMEZONE is not supported on AWS yet, where the schedule is in UTC: leave it out${of}`]
        : []),
      ...(masking !== undefined && !existsSync(masking)
        ? [`REFRESH_MASKING names a file that is not on this machine: it is packed into the function's zip${of}`]
        : []),
      ...files.map((variable) => `${variable} is a file of a machine, which a function on Lambda does not have${of}`),
    ];
  });
}

const OF_THIS_MACHINE = ['PGPASSFILE', 'PGSSLCERT', 'PGSSLKEY'];

/** `PGSSLROOTCERT` may also be `system`. */
function filesOf(name: string, values: Readonly<Record<string, string>>) {
  const { REFRESH_MASKING: masking, PGSSLROOTCERT: certificate } = values;
  return [
    ...(masking === undefined ? [] : [{ setting: 'REFRESH_MASKING', from: masking, name: `mask-${name}.sql` }]),
    ...(certificate !== undefined && existsSync(certificate)
      ? [{ setting: 'PGSSLROOTCERT', from: certificate, name: `refresh-ca-${name}.pem` }]
      : []),
  ];
}

function ofRefresh(name: string): string {
  return ` (refresh ${JSON.stringify(name)})`;
}
