import type { Environment } from './environment.ts';
import type { Variable } from './variable.ts';
import { secretNames, VARIABLES } from './variables.ts';

/** An environment in which some variables say something else: what said the same in another way is gone. */
export function override(env: Environment, values: Environment): Environment {
  const others = Object.keys(values).flatMap(alternativesOf);
  return { ...env, ...Object.fromEntries(others.map((name) => [name, undefined])), ...values };
}

/** Variables of which at most one may be set, this one among them. */
function alternativesOf(name: string): readonly string[] {
  const base = baseNameOf(name);
  const { secret, file }: Partial<Variable> = VARIABLES[base as keyof typeof VARIABLES] ?? {};
  return [...(secret ? secretNames(base) : [base]), ...(file?.instead ?? [])];
}

/** Without what says that the variable has the place of a secret: `POSTGRES_PASSWORD` of `POSTGRES_PASSWORD_FILE`. */
export function baseNameOf(name: string): string {
  const base = name.replace(/_(SECRET|FILE)$/, '');
  const variable: Variable | undefined = VARIABLES[base as keyof typeof VARIABLES];
  return variable?.secret ? base : name;
}
