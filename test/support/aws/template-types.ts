import { loadAwsServiceSpecSync } from '@aws-cdk/aws-service-spec';
import type {
  PropertyType,
  ResourceProperties,
  Resource as ResourceSpec,
  SpecDatabase,
} from '@aws-cdk/service-spec-types';
import { type Json, PSEUDO, referencesOf, resolveTemplate, type Template } from './template.ts';

/**
 * Checks a template against the published types of AWS: every resource type, property name, required property, type,
 * allowed value, and everything that one resource says about another.
 *
 * @returns every problem as `LogicalId.Path: what is wrong`, empty for a good template
 * @see https://github.com/cdklabs/awscdk-service-spec
 */
export function templateProblems(template: Template): string[] {
  const spec = loadAwsServiceSpecSync();
  const problems: string[] = [];
  for (const [id, resource] of Object.entries(resolveTemplate(template).Resources)) {
    const type = resourceSpec(spec, resource.Type);
    if (!type) {
      problems.push(`${id}: there is no ${resource.Type}`);
      continue;
    }
    problems.push(...objectProblems(spec, id, type.properties, (resource.Properties ?? {}) as Json));
  }
  for (const [id, resource] of Object.entries(template.Resources)) {
    for (const target of referencesOf(resource)) problems.push(...targetProblems(spec, template, id, target));
  }
  return problems;
}

function resourceSpec(spec: SpecDatabase, type: string): ResourceSpec | undefined {
  const found = spec.lookup('resource', 'cloudFormationType', 'equals', type);
  return found.length === 1 ? found.only() : undefined;
}

function targetProblems(spec: SpecDatabase, template: Template, id: string, target: string): string[] {
  const [name = '', ...attribute] = target.split('.');
  if (name in PSEUDO) return [];
  const resource = template.Resources[name];
  if (!resource) return [`${id}: refers to ${target}, which is not in the template`];
  if (attribute.length === 0) return [];
  const known = resourceSpec(spec, resource.Type)?.attributes ?? {};
  return attribute.join('.') in known ? [] : [`${id}: ${resource.Type} has no attribute ${attribute.join('.')}`];
}

function objectProblems(spec: SpecDatabase, path: string, properties: ResourceProperties, value: Json): string[] {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return [`${path}: must be an object`];
  const given = value as { readonly [name: string]: Json };
  const missing = Object.entries(properties)
    .filter(([name, property]) => property.required && !(name in given))
    .map(([name]) => `${path}: needs ${name}`);
  const wrong = Object.entries(given).flatMap(([name, inner]) => {
    const property = properties[name];
    if (!property) return [`${path}: has no property ${name}`];
    const types = [property.type, ...(property.previousTypes ?? [])];
    return unionProblems(spec, `${path}.${name}`, types, inner);
  });
  return [...missing, ...wrong];
}

/** One type has to fit; if none does, what the first one says is told. */
function unionProblems(spec: SpecDatabase, path: string, types: readonly PropertyType[], value: Json): string[] {
  const answers = types.map((type) => valueProblems(spec, path, type, value));
  return answers.some((problems) => problems.length === 0) ? [] : (answers[0] ?? []);
}

function valueProblems(spec: SpecDatabase, path: string, type: PropertyType, value: Json): string[] {
  switch (type.type) {
    case 'json':
      return [];
    case 'string':
    case 'date-time': {
      if (typeof value !== 'string') return [`${path}: must be a string`];
      const allowed = type.type === 'string' ? type.allowedValues : undefined;
      return !allowed || allowed.includes(value) ? [] : [`${path}: must be one of ${allowed.join(', ')}`];
    }
    case 'integer':
    case 'number':
      return typeof value === 'number' && (type.type === 'number' || Number.isInteger(value))
        ? []
        : [`${path}: must be a ${type.type}`];
    case 'boolean':
      return typeof value === 'boolean' ? [] : [`${path}: must be a boolean`];
    case 'null':
      return value === null ? [] : [`${path}: must be null`];
    case 'tag':
      return objectProblems(spec, path, TAG, value);
    case 'array':
      if (!Array.isArray(value)) return [`${path}: must be a list`];
      return value.flatMap((inner, index) => valueProblems(spec, `${path}[${index}]`, type.element, inner as Json));
    case 'map':
      if (value === null || typeof value !== 'object' || Array.isArray(value)) return [`${path}: must be a map`];
      return Object.entries(value).flatMap(([name, inner]) =>
        valueProblems(spec, `${path}.${name}`, type.element, inner as Json),
      );
    case 'ref':
      return objectProblems(spec, path, spec.get('typeDefinition', type.reference.$ref).properties, value);
    case 'union':
      return unionProblems(spec, path, type.types, value);
  }
}

const TAG: ResourceProperties = {
  Key: { type: { type: 'string' }, required: true },
  Value: { type: { type: 'string' }, required: true },
};
