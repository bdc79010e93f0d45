import type { Resource, Template } from './template.ts';

export interface Statement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** What a role's inline policies say. The template must be resolved. */
export function statementsOf(role: Resource | undefined): Statement[] {
  const policies = (role?.Properties?.Policies ?? []) as unknown as { PolicyDocument: { Statement: Statement[] } }[];
  return policies.flatMap((policy) => policy.PolicyDocument.Statement);
}

/** Every statement of every role of a resolved template. */
export function allStatements(template: Template): Statement[] {
  return Object.values(template.Resources)
    .filter((resource) => resource.Type === 'AWS::IAM::Role')
    .flatMap(statementsOf);
}

/**
 * Whether a role may do this, as IAM decides it: something allows it and nothing denies it.
 *
 * @param context - condition keys of the request, like `s3:prefix`; a key left out is absent from it
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function allows(
  role: Resource | undefined,
  action: string,
  resource: string,
  context: Readonly<Record<string, string>> = {},
): boolean {
  const matching = statementsOf(role).filter(
    (statement) =>
      list(statement.Action).some((pattern) => like(pattern.toLowerCase(), action.toLowerCase())) &&
      list(statement.Resource).some((pattern) => like(pattern, resource)) &&
      conditionHolds(statement, context),
  );
  return matching.length > 0 && matching.every((statement) => statement.Effect === 'Allow');
}

export function list(value: string | readonly string[]): readonly string[] {
  return typeof value === 'string' ? [value] : value;
}

function conditionHolds({ Condition = {} }: Statement, context: Readonly<Record<string, string>>): boolean {
  return Object.entries(Condition).every(([operator, keys]) =>
    Object.entries(keys).every(([key, pattern]) => {
      const value = context[key];
      if (operator === 'StringEquals' || operator === 'ArnEquals') return value === pattern;
      if (operator === 'StringLikeIfExists') return value === undefined || like(pattern, value);
      if (operator === 'StringLike') return value !== undefined && like(pattern, value);
      throw new Error(`the test does not know the condition ${operator}`);
    }),
  );
}

function like(pattern: string, value: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(value);
}
