/** What a deployment is called and where it goes: `--stage` and `--region`, or what serverless.yml has in their place. */
export interface Deployment {
  readonly stage: string;
  readonly region: string;
}

/** The stage whose resources need no suffix. */
const MAIN_STAGE = 'prod';

/** What keeps the names of one stage's resources apart from those of another; empty for `prod`. */
export function stageSuffix(stage: string): string {
  return stage === MAIN_STAGE ? '' : `-${stage}`;
}

/** A value as it will be once CloudFormation has filled it in; what only it knows is as long as it can be. */
export function filledIn(value: string, { stage, region }: Deployment): string {
  const known: Readonly<Record<string, string>> = {
    'AWS::AccountId': '123456789012',
    'AWS::Region': region,
    'HttpApi.ApiEndpoint': `https://0123456789.execute-api.${region}.amazonaws.com`,
    'self:service': 'pgvouch',
    'sls:stage': stage,
    'self:custom.stageSuffix': stageSuffix(stage),
  };
  return value.replace(/\$\{([^}]+)\}/g, (whole, name: string) => known[name] ?? whole);
}
