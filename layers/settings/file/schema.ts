import { SERVER_NAME } from '../database-variables.ts';
import { REFRESH_NAME, REQUIRED } from '../refresh-variables.ts';
import { type JsonSchema, jsonSchemaOf } from '../shapes.ts';
import { type Group, isLeaf, LEAVES, type Leaf, REFRESH_LEAVES, TREES } from './places.ts';
import { SECRET_SOURCES, shapeOf } from './read-settings.ts';

/** The JSON Schema of pgvouch.yaml, by which editors complete and check it: the table of variables, in another form. */
export function configSchema(): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'pgvouch.yaml',
    description: 'Which servers and databases pgvouch backs up, and how. What stands at the top holds for all of them.',
    ...objectOf(TREES.top, {
      server: { description: 'The server to back up.', ...reference('server') },
      servers: {
        type: 'object',
        description:
          'Servers by name, instead of server. Each has its backups in a folder of its name, unless its bucket.prefix names another.',
        propertyNames: { pattern: SERVER_NAME.source },
        additionalProperties: reference('server'),
        minProperties: 1,
      },
    }),
    definitions: {
      server: objectOf(TREES.server, {
        databases: {
          description:
            'The databases to back up: a list of names and patterns such as "*" and "!scratch_*", or names and patterns with what is different for them.',
          anyOf: [
            { type: 'array', items: { type: ['string', 'number', 'boolean'] }, minItems: 1, uniqueItems: true },
            { type: 'object', additionalProperties: reference('database'), minProperties: 1 },
          ],
        },
        refresh: {
          description:
            'Databases elsewhere, by a name for each, that are made anew from the newest proved backup of one of these.',
          type: 'object',
          propertyNames: { pattern: REFRESH_NAME.source },
          additionalProperties: reference('refresh'),
          minProperties: 1,
        },
      }),
      database: { ...objectOf(TREES.database), type: ['object', 'null'] },
      refresh: { ...objectOf(TREES.refresh), required: REQUIRED_KEYS },
      secret: {
        type: 'object',
        properties: Object.fromEntries(
          Object.entries(SECRET_SOURCES).map(([key, { shape }]) => [key, jsonSchemaOf(shape)]),
        ),
        additionalProperties: false,
        ...{ minProperties: 1, maxProperties: 1 },
      },
    },
  };
}

function objectOf(group: Group, others: Readonly<Record<string, JsonSchema>> = {}): JsonSchema {
  const settings = [...group].map(([key, node]) => [key, isLeaf(node) ? schemaOf(node) : objectOf(node)]);
  return { type: 'object', properties: { ...others, ...Object.fromEntries(settings) }, additionalProperties: false };
}

function schemaOf(leaf: Leaf): JsonSchema {
  const { secret, without, default: fallback } = leaf.variable;
  const holds = without ?? fallback;
  const description = `${meaningOf(leaf)}.${holds === undefined ? '' : `\nWithout it: ${plain(holds)}`}`;
  if (secret) return { description, allOf: [reference('secret')] };
  const one = jsonSchemaOf(shapeOf(leaf));
  return { description, ...(leaf.file.list ? { anyOf: [one, { type: 'array', items: one, minItems: 1 }] } : one) };
}

function reference(name: string): JsonSchema {
  return { $ref: `#/definitions/${name}` };
}

/** What a setting means, in the words of the file. */
export function meaningOf({ variable, file }: Leaf): string {
  return plain(file.meaning ?? variable.meaning);
}

/** At the top of a refresh. */
const REQUIRED_KEYS = [
  ...new Set(REFRESH_LEAVES.flatMap(({ name, file }) => (REQUIRED.includes(name) ? [file.at.split('.')[0]] : []))),
];

/** Without links, which lead nowhere from an editor, and with keys in the place of variables. */
function plain(text: string): string {
  const keys = new Map<string, string>(LEAVES.map(({ name, file }) => [name, file.at]));
  return text
    .replace(/\[([^\]]+)\]\([^)]+\)/g, '$1')
    .replace(/`([A-Z][A-Z_]+)`/g, (whole, name: string) => (keys.has(name) ? `\`${keys.get(name)}\`` : whole));
}
