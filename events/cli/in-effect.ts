import { readPostgresConfig } from '../../layers/postgres/connect/config.ts';
import { describeHosts } from '../../layers/postgres/connect/hosts.ts';
import { readScheduleOf } from '../../layers/schedule/config.ts';
import { nextFiring } from '../../layers/schedule/expression.ts';
import { entriesFor, environmentFor } from '../../layers/settings/database-settings.ts';
import { readDatabases } from '../../layers/settings/databases.ts';
import { type Environment, readEnvironment } from '../../layers/settings/environment.ts';
import { baseNameOf } from '../../layers/settings/override.ts';
import type { ServerEnvironment } from '../../layers/settings/servers.ts';
import type { Variable } from '../../layers/settings/variable.ts';
import { VARIABLES } from '../../layers/settings/variables.ts';
import { readVaultConfig } from '../../layers/vault/config.ts';
import { stampUtc } from '../../layers/words/instants.ts';

/** What a configuration without problems comes to. No secret is in it. */
export type InEffect = ServerInEffect | { readonly servers: readonly ServerInEffect[] };

/** The same of one server. */
export interface ServerInEffect {
  /** Its name in the file; undefined for the one that has none. */
  readonly name: string | undefined;
  /** Hosts with ports. */
  readonly server: string;
  readonly user: string;
  readonly bucket: string;
  readonly prefix: string;
  /** Names and patterns. */
  readonly databases: readonly {
    readonly name: string;
    readonly schedule: string;
    readonly timezone: string;
    /** Undefined for a rate, and for what never fires again. */
    readonly nextAt: Date | undefined;
    /** What is different for it, by the keys of the file; what patterns that fit it say, too. */
    readonly settings: Readonly<Record<string, string>>;
  }[];
}

/** @param servers - of which no reader has found a problem; one without a name stands for itself */
export function inEffect(servers: readonly ServerEnvironment[], now: Date): InEffect {
  const all = servers.map(({ name, env }) => ({ name, ...ofServer(env, now) }));
  const [first] = all;
  return first && first.name === undefined ? first : { servers: all };
}

function ofServer(env: Environment, now: Date): Omit<ServerInEffect, 'name'> {
  const read = readEnvironment(env, 'what is in effect');
  const { hosts, user } = readPostgresConfig(read);
  const { bucket, prefix } = readVaultConfig(read);
  const { names, patterns } = readDatabases(read);
  const different = read.get('DATABASE_SETTINGS') ?? {};
  const databases = [...names, ...(patterns?.include ?? []), ...(patterns?.exclude ?? []).map((one) => `!${one}`)];
  return {
    ...{ server: describeHosts(hosts), user, bucket, prefix },
    databases: databases.map((name) => {
      const own = readEnvironment(environmentFor(env, name), name);
      const schedule = readScheduleOf(own, 'DUMP_SCHEDULE');
      return {
        name,
        schedule: own.get('DUMP_SCHEDULE'),
        timezone: own.get('DUMP_TIMEZONE'),
        nextAt: schedule && nextFiring(schedule, now),
        settings: Object.assign({}, ...entriesFor(different, name).map((entry) => keysOf(different[entry] ?? {}))),
      };
    }),
  };
}

/** The same for people. */
export function describeInEffect(effect: InEffect): string {
  return 'servers' in effect
    ? effect.servers.map((one) => `${one.name}\n${describeServer(one)}`).join('\n\n')
    : describeServer(effect);
}

function describeServer({ server, user, bucket, prefix, databases }: ServerInEffect): string {
  const rows = databases.flatMap(({ name, schedule, timezone, nextAt, settings }, index): [string, string][] => [
    [
      index === 0 ? 'databases' : '',
      name.startsWith('!')
        ? `${name.slice(1)}: left out`
        : `${name}: by ${schedule} ${timezone}${nextAt ? `, next ${stampUtc(nextAt)}` : ''}`,
    ],
    ...Object.entries(settings).map(([key, value]): [string, string] => ['', `  ${key}: ${value}`]),
  ]);
  const table: readonly [string, string][] = [
    ['server', `${server} as ${user}`],
    ['bucket', `${bucket}/${prefix}`],
    ...rows,
  ];
  return table.map(([name, value]) => `  ${name.padEnd(9)}  ${value}`).join('\n');
}

function keysOf(settings: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const named = Object.entries(settings).map(([name, value]) => {
    const variable: Variable | undefined = VARIABLES[baseNameOf(name) as keyof typeof VARIABLES];
    return [variable?.file?.at ?? name, variable && !variable.secret ? value : '(a secret)'];
  });
  return Object.fromEntries(named);
}
