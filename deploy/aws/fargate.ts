import { existsSync } from 'node:fs';
import type { Environment } from '../../layers/settings/environment.ts';
import { dumpOn, sizeProblem } from '../../layers/settings/fargate-variables.ts';
import { namesIn } from '../../layers/settings/shapes.ts';
import type { TaskPlace } from '../../layers/settings/task-variables.ts';
import { databasesOf, parameterValues, plainJson } from './parameters.ts';

/** What runs as a task on ECS Fargate. */
export interface Fargate {
  /** Those whose dumps do. */
  readonly databases: readonly string[];
  /** Whether verify hands over what is too large for it. */
  readonly verify: boolean;
  /** Whether base backups are taken there. */
  readonly base: boolean;
  /** Whether recovery hands over what it has no server, disk or time for. */
  readonly recovery: boolean;
  readonly image: string;
  readonly vcpus: number;
  readonly memoryMb: number;
  readonly storageGb: number;
  readonly network: Pick<TaskPlace, 'subnets' | 'securityGroups' | 'publicIp'>;
}

/** What these parameters have run there; undefined if nothing does. */
export function fargateOf(env: Environment): Fargate | undefined {
  const values = parameterValues(env);
  const databases = databasesOf(env).names.filter((name) => isOnFargate(env, name));
  const verify = values.VERIFY_ON === 'fargate';
  const base = values.PITR === 'on' && values.BASE_ON === 'fargate';
  const recovery = values.PITR === 'on' && values.RECOVERY_ON === 'fargate';
  if (databases.length === 0 && !verify && !base && !recovery) return undefined;
  const list = (name: string) => namesIn(String(values[`TASK_${name}`] || values[`DUMP_${name}`]));
  return {
    ...{ databases, verify, base, recovery, image: String(values.TASK_IMAGE) },
    ...{ vcpus: Number(values.TASK_VCPUS), memoryMb: Number(values.TASK_MEMORY_MB) },
    storageGb: Number(values.TASK_STORAGE_GB),
    network: {
      ...{ subnets: list('SUBNET_IDS'), securityGroups: list('SECURITY_GROUP_IDS') },
      publicIp: values.TASK_PUBLIC_IP === 'on',
    },
  };
}

function isOnFargate({ DUMP_ON }: Environment, database: string): boolean {
  const { data } = dumpOn.safeParse(DUMP_ON || 'lambda');
  if (typeof data !== 'object') return data === 'fargate';
  return Object.hasOwn(data, database) && data[database] === 'fargate';
}

/** The functions that start their own task. */
export type Starter = 'verify' | 'recovery';

/** The value of `VERIFY_TASK` or `RECOVERY_TASK`, with the framework's variables in it; undefined if the function hands nothing over. */
export function taskOf(name: Starter, env: Environment): string | undefined {
  const fargate = fargateOf(env);
  if (!fargate?.[name]) return undefined;
  const place: TaskPlace = { cluster: 'SERVICE', family: `SERVICE-${name}`, ...fargate.network };
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the framework fills it in
  return plainJson(place).replaceAll('SERVICE', '${self:service}-${sls:stage}');
}

/** What keeps tasks from being deployed, one sentence each. */
export function fargateProblems(env: Environment): string[] {
  const { names: known, finds } = databasesOf(env);
  const { data: on } = dumpOn.safeParse(env.DUMP_ON || 'lambda');
  const strangers = typeof on === 'object' ? Object.keys(on).filter((name) => !known.includes(name)) : [];
  // Tasks are started by rules of EventBridge, which know their databases; find invokes the function for all.
  if (finds && (on === 'fargate' || (typeof on === 'object' && Object.values(on).includes('fargate')))) {
    return [
      'DUMP_ON cannot be fargate with patterns in POSTGRES_DBS: leave the large databases out of these (*,!shop), and deploy them by name as another stage',
    ];
  }
  const fargate = fargateOf(env);
  const isMissing = { TASK_IMAGE: fargate?.image === '', ...missingNetwork(fargate) };
  const missing = Object.keys(isMissing).filter((name) => isMissing[name as keyof typeof isMissing]);
  const size = fargate && sizeProblem(fargate.vcpus, fargate.memoryMb);
  return [
    ...(strangers.length > 0 && known.length > 0
      ? [`DUMP_ON names ${strangers.map((name) => JSON.stringify(name)).join(', ')}, not to be backed up`]
      : []),
    ...missing.map((name) => `${name} is not set, which tasks on Fargate need`),
    ...(size === undefined ? [] : [size]),
    ...(fargate?.base || fargate?.databases.length ? certificateProblems(env) : []),
  ];
}

function missingNetwork(fargate: Fargate | undefined) {
  return {
    TASK_SUBNET_IDS: fargate?.network.subnets.length === 0,
    TASK_SECURITY_GROUP_IDS: fargate?.network.securityGroups.length === 0,
  };
}

/** It goes along with dump's zip; an image is built before. */
function certificateProblems({ PGSSLROOTCERT: file }: Environment): string[] {
  if (!file || (!existsSync(file) && !file.startsWith('/var/runtime/'))) return [];
  return [
    'PGSSLROOTCERT is a file of this machine or of Lambda, which no task has: build an image that has it, and set its path there',
  ];
}
