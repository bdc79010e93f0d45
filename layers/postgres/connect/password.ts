import { rdsToken } from '../../secrets/rds-token.ts';
import { passwordInFile } from './passfile.ts';
import type { ConnectionTarget } from './target.ts';

/**
 * The target with the password for a login now: the one configured, that of the password file, or a token of IAM. Whoever
 * logs in asks for it, so each login has what holds at that time.
 *
 * @throws {@link ConfigError} if the password file cannot be used
 */
export async function withPassword(target: ConnectionTarget, database: string): Promise<ConnectionTarget> {
  if (target.rdsIam) return { ...target, password: await rdsToken({ ...target, ...target.rdsIam }) };
  if (target.password !== undefined || target.passfile === undefined) return target;
  return { ...target, password: passwordInFile(target.passfile, { ...target, database }) };
}
