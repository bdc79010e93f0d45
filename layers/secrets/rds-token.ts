import { ConfigError, textOf } from '../backup/errors.ts';

/** Where a token lets its bearer in, and as whom. */
export interface RdsLogin {
  /** The endpoint as RDS names it: the signature covers it, and another name for it does not do. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly region: string;
}

/**
 * A token of IAM in place of a password, signed here with the credentials of the surroundings. RDS takes it at logins for 15
 * minutes, so whoever logs in asks for a new one.
 *
 * @throws {@link ConfigError} if there are no credentials; never with a token
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.html
 */
export async function rdsToken({ host, port, user, region }: RdsLogin): Promise<string> {
  try {
    // Loaded only where it is used, as the client of Secrets Manager is.
    const { Signer } = await import('@aws-sdk/rds-signer');
    return await new Signer({ hostname: host, port, username: user, region }).getAuthToken();
  } catch (error) {
    throw new ConfigError({
      operation: 'sign in to',
      subject: `${host}:${port}`,
      problem: textOf(error),
      hint: 'POSTGRES_AUTH=rds-iam needs credentials of AWS: the role of the function, task, instance or pod, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
      cause: error,
    });
  }
}
