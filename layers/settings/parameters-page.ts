import { AWS_VARIABLES } from './aws-variables.ts';
import type { AwsParameter, Variable } from './variable.ts';
import { VARIABLES } from './variables.ts';

/** A parameter of the deployment, as docs/aws.md calls it: of a secret it is the ARN. */
interface Parameter {
  readonly name: string;
  readonly variable: Variable;
  readonly onAws: AwsParameter;
}

const parameters: readonly Parameter[] = Object.entries<Variable>(VARIABLES).flatMap(([name, variable]) => {
  const { onAws, secret } = variable;
  return onAws === undefined ? [] : [{ name: secret ? `${name}_SECRET` : name, variable, onAws }];
});

/** The rows of what AWS cannot do without. */
export function requiredParameters(): string[][] {
  return parameters.flatMap(({ name, onAws: { required } }) =>
    required === undefined ? [] : [[`\`${name}\``, 'required', required.charAt(0).toUpperCase() + required.slice(1)]],
  );
}

/** The rows of what is only there, or different there. Those that say the same share one. */
export function otherParameters(): string[][] {
  const different = parameters.filter((one) => one.onAws.required === undefined && isDifferent(one));
  const rows = [
    ...different.map(({ name, variable, onAws }) => [name, onAws.without ?? withoutIt(variable), meaningOf(variable)]),
    ...Object.entries(AWS_VARIABLES).map(([name, variable]) => [name, withoutIt(variable), variable.meaning]),
  ];
  const names = new Map<string, string[]>();
  for (const [name = '', ...cells] of rows) {
    const row = JSON.stringify(cells);
    names.set(row, [...(names.get(row) ?? []), `\`${name}\``]);
  }
  return [...names].map(([row, sharing]) => [sharing.join(', '), ...(JSON.parse(row) as string[])]);
}

/** The names of those that mean on AWS what they mean elsewhere. */
export function sameParameters(): string[] {
  return parameters
    .filter((one) => one.onAws.required === undefined && !isDifferent(one))
    .map(({ name }) => `\`${name}\``);
}

function isDifferent({ variable, onAws }: Parameter): boolean {
  const { without, shape, meaning } = onAws;
  return [variable.secret, without, shape, meaning].some((own) => own !== undefined);
}

function meaningOf({ meaning, onAws }: Variable): string {
  return onAws?.meaning ?? meaning;
}

/** What holds without a variable: numbers as they are, other text as code. */
export function withoutIt({ default: fallback, without }: Variable): string {
  if (without !== undefined) return without;
  if (fallback === undefined) return 'none';
  return /^[\d.]+$/.test(fallback) ? fallback : `\`${fallback}\``;
}
