import { describe, expect, test } from 'vitest';
import { fargateOf, taskOf } from '../../../deploy/aws/fargate.ts';
import { functionDefinitions } from '../../../deploy/aws/functions.ts';
import { parameterValues } from '../../../deploy/aws/parameters.ts';
import { parameterProblems } from '../../../deploy/aws/problems.ts';
import { taskEnvironment } from '../../../deploy/aws/task-environment.ts';
import { sizeProblem } from '../../../layers/settings/fargate-variables.ts';
import { REQUIRED } from '../../support/aws/deployment-parameters.ts';

const HERE = { stage: 'prod', region: 'eu-central-1' };
const { POSTGRES_DB: _, ...WITHOUT_DATABASE } = REQUIRED;
const TASKS = {
  ...WITHOUT_DATABASE,
  POSTGRES_DBS: '["shop","crm"]',
  ...{ DUMP_ON: 'fargate', VERIFY_ON: 'fargate', TASK_IMAGE: 'ghcr.io/example/pgvouch:1.0.0' },
  ...{ TASK_SUBNET_IDS: 'subnet-0a, subnet-0b', TASK_SECURITY_GROUP_IDS: 'sg-0c' },
};

describe('what runs on Fargate', () => {
  test('nothing, unless it is asked for', () => {
    expect(fargateOf(REQUIRED)).toBeUndefined();
    expect(taskOf('verify', REQUIRED)).toBeUndefined();
    expect(taskOf('recovery', REQUIRED)).toBeUndefined();
    expect(parameterValues(REQUIRED).DUMP_TIMEOUT).toBe('');
  });

  test('all dumps, those of some databases, or only what verify hands over', () => {
    expect(fargateOf(TASKS)).toEqual({
      ...{
        databases: ['shop', 'crm'],
        verify: true,
        base: false,
        recovery: false,
        image: 'ghcr.io/example/pgvouch:1.0.0',
      },
      ...{ vcpus: 2, memoryMb: 8_192, storageGb: 200 },
      network: { subnets: ['subnet-0a', 'subnet-0b'], securityGroups: ['sg-0c'], publicIp: false },
    });
    expect(fargateOf({ ...TASKS, DUMP_ON: '{"crm": "fargate", "shop": "lambda"}' })?.databases).toEqual(['crm']);
    expect(fargateOf({ ...TASKS, DUMP_ON: '{}' })).toMatchObject({ databases: [], verify: true });
  });

  test('in the subnets of dump, if it has some', () => {
    const { TASK_SUBNET_IDS: _, TASK_SECURITY_GROUP_IDS: __, ...rest } = TASKS;
    const inVpc = { ...rest, DUMP_SUBNET_IDS: 'subnet-0d', DUMP_SECURITY_GROUP_IDS: 'sg-0e', TASK_PUBLIC_IP: 'on' };
    expect(parameterProblems(inVpc, HERE)).toEqual([]);
    expect(fargateOf(inVpc)?.network).toEqual({ subnets: ['subnet-0d'], securityGroups: ['sg-0e'], publicIp: true });
  });

  test('with variables that a task definition has room for', () => {
    const tenants = (length: number) =>
      JSON.stringify(Array.from({ length }, (_, index) => `tenant_of_the_shop_${index}`));
    expect(parameterProblems({ ...TASKS, POSTGRES_DBS: tenants(300) }, HERE)).toEqual([]);
    expect(parameterProblems({ ...TASKS, POSTGRES_DBS: tenants(3_000) }, HERE)).toEqual([
      expect.stringMatching(/^the variables of tasks take too many bytes \(dump \d+\), and ECS allows 65536 /),
      expect.stringMatching(/^3000 schedules do not fit/),
    ]);
  });

  test('for longer than a function may', () => {
    expect(parameterValues(TASKS).DUMP_TIMEOUT).toBe(43_200);
    expect(parameterValues({ ...TASKS, DUMP_TIMEOUT: '7200' }).DUMP_TIMEOUT).toBe(7_200);
    expect(parameterValues(TASKS).BASE_TIMEOUT).toBe('');
    expect(parameterValues({ ...TASKS, BASE_ON: 'fargate' }).BASE_TIMEOUT).toBe(43_200);
  });

  test('base backups, where there is point-in-time recovery', () => {
    const only = { ...TASKS, DUMP_ON: '', VERIFY_ON: '', BASE_ON: 'fargate' };
    expect(fargateOf(only)).toBeUndefined();
    expect(fargateOf({ ...only, PITR: 'on' })).toMatchObject({ databases: [], verify: false, base: true });
  });

  test('recovery drills, where there is point-in-time recovery', () => {
    const only = { ...TASKS, DUMP_ON: '', VERIFY_ON: '', RECOVERY_ON: 'fargate' };
    expect(fargateOf(only)).toBeUndefined();
    const on = { ...only, PITR: 'on', RECOVERY_TIMEOUT: '7200' };
    expect(fargateOf(on)).toMatchObject({ databases: [], verify: false, base: false, recovery: true });
    expect(JSON.parse(taskOf('recovery', on) ?? '')).toMatchObject({ family: expect.stringMatching(/-recovery$/) });
    const task = taskEnvironment('recovery', on, 'pgvouch-prod');
    expect(task).toMatchObject({ PITR: 'on', RECOVERY_TIMEOUT: '7200', NOTIFY_FUNCTION: 'pgvouch-prod-notify' });
    expect(task).not.toHaveProperty('RECOVERY_TASK');
  });
});

test.each([
  [{ DUMP_ON: 'ecs' }, /^DUMP_ON must be lambda or fargate, or a JSON object/],
  [{ DUMP_ON: '{"shop": "here"}' }, /^DUMP_ON must be lambda or fargate, or a JSON object/],
  [{ DUMP_ON: '{"shopp": "fargate"}' }, 'DUMP_ON names "shopp", not to be backed up'],
  [{ TASK_IMAGE: '' }, 'TASK_IMAGE is not set, which tasks on Fargate need'],
  [{ TASK_SUBNET_IDS: '' }, 'TASK_SUBNET_IDS is not set, which tasks on Fargate need'],
  [{ TASK_SECURITY_GROUP_IDS: '' }, 'TASK_SECURITY_GROUP_IDS is not set, which tasks on Fargate need'],
  [{ TASK_VCPUS: '3' }, 'TASK_VCPUS must be one of 0.5, 1, 2, 4, 8, 16'],
  [{ TASK_VCPUS: '4', TASK_MEMORY_MB: '4096' }, /^TASK_MEMORY_MB must be from 8192 to 30720 in steps of 1024 with/],
  [{ TASK_STORAGE_GB: '500' }, 'TASK_STORAGE_GB must be a whole number from 21 to 200'],
  [{ PGSSLMODE: 'verify-full', PGSSLROOTCERT: import.meta.filename }, /^PGSSLROOTCERT is a file of this machine or/],
  [{ PGSSLMODE: 'verify-full', PGSSLROOTCERT: '/var/runtime/ca-cert.pem' }, /^PGSSLROOTCERT is a file of this/],
])('%j is refused: %s', (change, problem) => {
  expect(parameterProblems({ ...TASKS, ...change }, HERE)).toEqual([expect.stringMatching(problem)]);
});

test('what AWS documents as sizes of tasks, and no other', () => {
  const problemOf = (size: string) => {
    const [vcpus = 0, memoryGb = 0] = size.split('/').map(Number);
    return sizeProblem(vcpus, memoryGb * 1_024);
  };
  const fine = ['0.5/1', '0.5/4', '1/2', '2/4', '2/16', '4/30', '8/16', '8/20', '16/120'];
  expect(fine.map(problemOf)).toEqual(fine.map(() => undefined));
  const wrong = ['0.5/5', '1/1', '2/4.5', '8/17', '16/30'];
  expect(wrong.map(problemOf)).toEqual(wrong.map(() => expect.stringMatching(/^TASK_MEMORY_MB must be from /)));
});

describe('variables', () => {
  test('verify knows the task that it may start', () => {
    const more = { VERIFY_TASK_FROM_GB: '5' };
    const { verify, dump } = functionDefinitions({ ...TASKS, ...more });
    const { environment } = verify as unknown as { environment: Record<string, string> };
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the framework fills it in
    const service = '${self:service}-${sls:stage}';
    expect(JSON.parse(environment.VERIFY_TASK ?? '')).toEqual({
      ...{ cluster: service, family: `${service}-verify`, publicIp: false },
      ...{ subnets: ['subnet-0a', 'subnet-0b'], securityGroups: ['sg-0c'] },
    });
    expect(environment).toMatchObject(more);
    expect(dump).not.toHaveProperty('environment.VERIFY_TASK');
  });

  test('a task has those of its function, and nothing that starts tasks', () => {
    const env = { ...TASKS, VERIFY_TASK_FROM_GB: '5', VERIFY_TIMEOUT: '7200' };
    const verify = taskEnvironment('verify', env, 'pgvouch-prod');
    expect(Object.keys(verify).sort()).toEqual(
      ['AWS_REGION', 'BACKUP_BUCKET', 'BACKUP_PREFIX', 'NOTIFY_FUNCTION', 'VERIFY_TIMEOUT'].sort(),
    );
    expect(taskEnvironment('dump', env, 'pgvouch-prod')).toMatchObject({
      ...{ POSTGRES_DBS: '["shop","crm"]', DUMP_TIMEOUT: '43200', NOTIFY_FUNCTION: 'pgvouch-prod-notify' },
      POSTGRES_PASSWORD_SECRET: REQUIRED.POSTGRES_PASSWORD_SECRET,
    });
  });
});
