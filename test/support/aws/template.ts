export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs?: Readonly<Record<string, { readonly Value: Json }>>;
}

export interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, Json>>;
  readonly DependsOn?: string | readonly string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** What the pseudo parameters stand for in tests. */
export const PSEUDO: Readonly<Record<string, string>> = {
  'AWS::AccountId': '123456789012',
  'AWS::Region': 'eu-central-1',
  'AWS::Partition': 'aws',
  'AWS::StackName': 'pgvouch-prod',
  'AWS::URLSuffix': 'amazonaws.com',
};

/**
 * The template as CloudFormation would see it: `Ref`, `Fn::GetAtt`, `Fn::Sub` and `Fn::Join` become text, in which
 * another resource reads `{LogicalId}` or `{LogicalId.Attribute}`.
 *
 * @throws if it meets another function, which then has to be taught here
 */
export function resolveTemplate(template: Template): Template {
  return resolveValue(template as unknown as Json) as unknown as Template;
}

/** What a resource refers to, `DependsOn` included: `LogicalId` or `LogicalId.Attribute`. */
export function referencesOf(resource: Resource): string[] {
  const text = JSON.stringify(resolveValue((resource.Properties ?? {}) as Json));
  const named = [...text.matchAll(/\{([A-Za-z0-9]+(?:\.[A-Za-z0-9.]+)?)\}/g)].map((match) => match[1] ?? '');
  return [...named, ...[resource.DependsOn ?? []].flat()];
}

/** The resources that refer, through others, to themselves: CloudFormation refuses them. */
export function cyclesOf({ Resources }: Template): string[] {
  const targets = (id: string) =>
    referencesOf(Resources[id] ?? { Type: '' }).map((target) => target.split('.')[0] ?? '');
  const reaches = (from: string, goal: string, seen: Set<string>): boolean =>
    targets(from)
      .filter((target) => target in Resources && !seen.has(target))
      .some((target) => target === goal || reaches(target, goal, seen.add(target)));
  return Object.keys(Resources).filter((id) => reaches(id, id, new Set()));
}

function resolveValue(value: Json): Json {
  if (Array.isArray(value)) return value.map(resolveValue);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value);
  const [name, argument] = entries[0] ?? ['', null];
  if (entries.length === 1 && (name === 'Ref' || name.startsWith('Fn::'))) return resolveFunction(name, argument);
  return Object.fromEntries(entries.map(([key, inner]) => [key, resolveValue(inner)]));
}

function resolveFunction(name: string, argument: Json): string {
  if (name === 'Ref' && typeof argument === 'string') return reference(argument);
  if (name === 'Fn::GetAtt' && Array.isArray(argument)) return reference(argument.join('.'));
  if (name === 'Fn::Sub' && typeof argument === 'string') {
    return argument.replace(/\$\{([^}]+)\}/g, (_, target: string) => reference(target));
  }
  if (name === 'Fn::Join' && Array.isArray(argument) && Array.isArray(argument[1])) {
    return argument[1].map(resolveValue).join(String(argument[0]));
  }
  throw new Error(`the test does not know ${name} of ${JSON.stringify(argument)}`);
}

function reference(target: string): string {
  return PSEUDO[target] ?? `{${target}}`;
}
