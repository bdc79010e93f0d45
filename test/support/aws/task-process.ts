import { inject, onTestFinished, vi } from 'vitest';
import { taskEnvironment } from '../../../deploy/aws/task-environment.ts';

type Name = Parameters<typeof taskEnvironment>[0];

/**
 * The environment of a task's process: the variables of its definition, the image's client programs, and the credentials that ECS gives.
 *
 * @param aws - where AWS's other services are
 */
export function taskProcessEnvironment(
  name: Name,
  parameters: Parameters<typeof taskEnvironment>[1],
  event: string,
  aws: Readonly<Record<string, string>>,
): Record<string, string> {
  const { endpoint, region, accessKeyId, secretAccessKey } = inject('s3');
  const definition = Object.entries(taskEnvironment(name, parameters, 'pgvouch-prod')).map(([variable, value]) => {
    const text = typeof value === 'string' ? value : value['Fn::Sub'];
    return [variable, text.includes('AWS::Region') ? region : text] as const;
  });
  return {
    ...Object.fromEntries(definition),
    ...{ PGVOUCH_EVENT: event, ...aws, AWS_ENDPOINT_URL_S3: endpoint },
    ...{ AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
    PG_CLIENT_DIR: inject('pgClientRoots').join(':'),
  };
}

/** This process finds AWS's services at these addresses until the test ends. */
export function useAws(aws: Readonly<Record<string, string>>): void {
  const { accessKeyId, secretAccessKey, region } = inject('s3');
  const env = { ...aws, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
  for (const [name, value] of Object.entries({ ...env, AWS_REGION: region })) vi.stubEnv(name, value);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
}
