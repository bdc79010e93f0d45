import type { Environment } from '../../layers/settings/environment.ts';

/** A role whose name means something else in a policy would be let in as others, too. */
const PLAIN_ROLE = /^[\w.@-]+$/;

/** What keeps dump from logging in with a token of IAM, one sentence each. */
export function rdsProblems({ POSTGRES_AUTH, POSTGRES_RESOURCE_ID, POSTGRES_USER }: Environment): string[] {
  if (POSTGRES_AUTH !== 'rds-iam') {
    return POSTGRES_RESOURCE_ID ? ['POSTGRES_RESOURCE_ID is set without POSTGRES_AUTH=rds-iam'] : [];
  }
  return [
    ...(POSTGRES_RESOURCE_ID ? [] : ['POSTGRES_RESOURCE_ID is not set, which POSTGRES_AUTH=rds-iam needs']),
    ...(POSTGRES_USER === undefined || PLAIN_ROLE.test(POSTGRES_USER)
      ? []
      : [
          'POSTGRES_USER must consist of letters, digits and _ . @ - with POSTGRES_AUTH=rds-iam: it stands in a policy',
        ]),
  ];
}
