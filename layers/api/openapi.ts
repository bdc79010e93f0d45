import { jsonSchemas } from './shapes.ts';

/** One path of the API. */
export interface Path {
  readonly path: string;
  readonly summary: string;
  /** By default only which server. */
  readonly parameters?: readonly Parameter[];
  /** The name of a shape, or of a list of it. */
  readonly answer: { readonly of: string; readonly list?: boolean };
}

interface Parameter {
  readonly name: string;
  readonly required?: boolean;
  readonly description: string;
  readonly schema: object;
}

const DATABASE: Parameter = {
  name: 'database',
  description: 'Its name, as PostgreSQL has it',
  schema: { type: 'string', minLength: 1 },
};
const SERVER: Parameter = {
  name: 'server',
  description: 'Of several servers, the one that is meant: its name in pgvouch.yaml',
  schema: { type: 'string', minLength: 1 },
};
const FIRED_AT = { type: 'string', format: 'date-time' };

/** So many backups at most are in one answer. */
export const MOST_BACKUPS = 1_000;
export const USUAL_BACKUPS = 100;

/** What may be asked for, beside this description itself. */
export const PATHS = {
  servers: {
    path: '/api/v1/servers',
    summary: 'How each server stands, in their order in pgvouch.yaml; one without a name where there is but one',
    parameters: [],
    answer: { of: 'Server', list: true },
  },
  status: {
    path: '/api/v1/status',
    summary: 'How everything stands: what the status page says',
    answer: { of: 'Status' },
  },
  databases: {
    path: '/api/v1/databases',
    summary: 'How each database stands, the worst first',
    answer: { of: 'Database', list: true },
  },
  clusters: {
    path: '/api/v1/clusters',
    summary: 'The moments that each server can be recovered to (PITR)',
    answer: { of: 'Cluster', list: true },
  },
  refreshes: {
    path: '/api/v1/refreshes',
    summary: 'Databases elsewhere that are refreshed from backups, and how the last refresh went',
    answer: { of: 'Refresh', list: true },
  },
  backups: {
    path: '/api/v1/backups',
    summary: 'Backups of one database, or of all, the newest firing first, and of one firing by database',
    parameters: [
      SERVER,
      DATABASE,
      {
        name: 'limit',
        description: `So many at most; ${USUAL_BACKUPS} by default`,
        schema: { type: 'integer', minimum: 1, maximum: MOST_BACKUPS, default: USUAL_BACKUPS },
      },
      {
        name: 'before',
        description:
          'Only those behind this one: the name (backup) of the last one of the answer before, or an instant that they were fired before',
        schema: { type: 'string' },
      },
    ],
    answer: { of: 'BackupEntry', list: true },
  },
  backup: {
    path: '/api/v1/backup',
    summary: 'One backup, with its manifest and its verdict',
    parameters: [
      SERVER,
      { ...DATABASE, required: true },
      { name: 'firedAt', required: true, description: 'When it was fired', schema: FIRED_AT },
    ],
    answer: { of: 'BackupDetail' },
  },
  failures: {
    path: '/api/v1/failures',
    summary: 'The newest failure records: ten of each database, and of no database',
    parameters: [SERVER, DATABASE],
    answer: { of: 'Failure', list: true },
  },
} as const satisfies Readonly<Record<string, Path>>;

/** Where the description itself is served. */
export const DESCRIPTION_PATH = '/api/v1/openapi.json';

/**
 * The API's description.
 *
 * @param version - of pgvouch
 * @see https://spec.openapis.org/oas/v3.1.1.html
 */
export function openApiDocument(version: string): Record<string, unknown> {
  return {
    openapi: '3.1.1',
    info: {
      title: 'pgvouch',
      version,
      description: 'The state of the backups, read only: what the status page shows, for programs.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }, { basic: [] }],
    paths: Object.fromEntries(Object.entries(PATHS).map(([id, path]) => [path.path, { get: operationOf(id, path) }])),
    components: {
      schemas: jsonSchemas(),
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'METRICS_TOKEN' },
        basic: { type: 'http', scheme: 'basic', description: 'Any user, with METRICS_TOKEN as password' },
      },
    },
  };
}

function operationOf(operationId: string, { summary, parameters = [SERVER], answer }: Path): object {
  const one = { $ref: `#/components/schemas/${answer.of}` };
  const refusal = (description: string) => ({ description, content: jsonOf({ $ref: '#/components/schemas/Error' }) });
  return {
    operationId,
    summary,
    parameters: parameters.map((parameter) => ({ in: 'query', ...parameter })),
    responses: {
      200: { description: summary, content: jsonOf(answer.list ? { type: 'array', items: one } : one) },
      400: refusal('A parameter is missing or is not understood'),
      401: refusal('The token is missing or wrong'),
      404: refusal('There is no such thing'),
      503: refusal('The bucket does not answer'),
      500: refusal('No answer is possible; the log says why'),
    },
  };
}

function jsonOf(schema: object): object {
  return { 'application/json': { schema } };
}
