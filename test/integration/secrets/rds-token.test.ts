import { createHash, createHmac } from 'node:crypto';
import { expect, onTestFinished, test, vi } from 'vitest';
import { rdsToken } from '../../../layers/secrets/rds-token.ts';

const LOGIN = {
  host: 'shop.c0ffee.eu-central-1.rds.amazonaws.com',
  port: 5432,
  user: 'backup',
  region: 'eu-central-1',
};
const KEY = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';

/** Credentials in the environment, and no others. */
function credentials(variables: Record<string, string>): void {
  const none = { AWS_PROFILE: '', AWS_CONFIG_FILE: '/nonexistent', AWS_SHARED_CREDENTIALS_FILE: '/nonexistent' };
  for (const [name, value] of Object.entries({ ...none, AWS_EC2_METADATA_DISABLED: 'true', ...variables })) {
    vi.stubEnv(name, value);
  }
  onTestFinished(() => void vi.unstubAllEnvs());
}

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
function signature(query: string): string {
  const hash = (text: string) => createHash('sha256').update(text).digest('hex');
  const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
  const request = ['GET', '/', query, `host:${LOGIN.host}:${LOGIN.port}`, '', 'host', hash('')].join('\n');
  const scope = ['20261128', LOGIN.region, 'rds-db', 'aws4_request'];
  const signed = ['AWS4-HMAC-SHA256', '20261128T120000Z', scope.join('/'), hash(request)].join('\n');
  const key = scope.reduce<string | Buffer>((so, part) => hmac(so, part), `AWS4${KEY}`);
  return hmac(key, signed).toString('hex');
}

test.each([{}, { AWS_SESSION_TOKEN: 'FwoGZXIvYXdzEBY/+=' }])('a token is what RDS documents, %j', async (session) => {
  credentials({ AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: KEY, AWS_SESSION_TOKEN: '', ...session });
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-11-28T12:00:00Z') });
  onTestFinished(() => void vi.useRealTimers());
  const token = await rdsToken(LOGIN);
  const { host, pathname, searchParams } = new URL(`https://${token}`);
  expect({ host, pathname, ...Object.fromEntries(searchParams) }).toEqual({
    ...{ host: `${LOGIN.host}:5432`, pathname: '/', Action: 'connect', DBUser: 'backup' },
    ...{ 'X-Amz-Algorithm': 'AWS4-HMAC-SHA256', 'X-Amz-Date': '20261128T120000Z', 'X-Amz-Expires': '900' },
    ...{ 'X-Amz-Credential': 'AKIDEXAMPLE/20261128/eu-central-1/rds-db/aws4_request', 'X-Amz-SignedHeaders': 'host' },
    ...(session.AWS_SESSION_TOKEN && { 'X-Amz-Security-Token': session.AWS_SESSION_TOKEN }),
    'X-Amz-Signature': signature(
      (token.split('?')[1] ?? '')
        .split('&')
        .filter((pair) => !pair.startsWith('X-Amz-Signature='))
        .sort()
        .join('&'),
    ),
  });
});

test('without credentials of AWS the hint says what it needs', async () => {
  credentials({ AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_SESSION_TOKEN: '' });
  await expect(rdsToken(LOGIN)).rejects.toMatchObject({
    ...{ name: 'ConfigError', subject: `${LOGIN.host}:5432` },
    hint: expect.stringContaining('POSTGRES_AUTH=rds-iam needs credentials of AWS'),
  });
});
