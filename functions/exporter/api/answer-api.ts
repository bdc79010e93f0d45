import * as z from 'zod';
import { backupDetail, backupEntry } from '../../../layers/api/backup-shape.ts';
import { DESCRIPTION_PATH, MOST_BACKUPS, openApiDocument, PATHS, USUAL_BACKUPS } from '../../../layers/api/openapi.ts';
import { VaultError } from '../../../layers/backup/errors.ts';
import type { BackupName } from '../../../layers/backup/keys.ts';
import { readBackup } from '../../../layers/catalog/backups.ts';
import { readDrillStand } from '../../../layers/catalog/drill-stand.ts';
import { readEntry } from '../../../layers/catalog/read-catalog.ts';
import { readVerdict } from '../../../layers/catalog/read-verdict.ts';
import { parseBackupName } from '../../../layers/words/backup-name.ts';
import { askedServer, type ShownServer } from '../observe/shown-server.ts';
import { summaryOf } from '../status/judge/summary.ts';
import { readStand } from '../status/read-stand.ts';
import { pageOf } from './page-of-backups.ts';
import { besideOf, serverShape, statusShape } from './standing-shape.ts';

export interface ApiDeps {
  readonly servers: readonly ShownServer[];
  readonly version: string;
}

/** Of the server that is meant. */
type ServerDeps = ShownServer & Pick<ApiDeps, 'version'>;

export interface ApiRequest {
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly now: Date;
  /** Ends the wait: the answer then has what is known so far. */
  readonly signal: AbortSignal;
}

/** Why a program gets no answer, in a sentence for whoever wrote it. */
export class Refusal extends Error {
  readonly statusCode: 400 | 404 | 503;

  constructor(statusCode: Refusal['statusCode'], sentence: string) {
    super(sentence);
    this.statusCode = statusCode;
  }
}

type Route = (deps: ServerDeps, request: ApiRequest) => Promise<unknown>;

const ROUTES: ReadonlyMap<string, Route> = new Map<string, Route>([
  [PATHS.status.path, answerStatus],
  [PATHS.databases.path, async (deps, request) => (await answerStatus(deps, request)).databases],
  [PATHS.clusters.path, async (deps, request) => (await answerStatus(deps, request)).clusters],
  [PATHS.refreshes.path, async (deps, request) => (await answerStatus(deps, request)).refreshes],
  [PATHS.backups.path, answerBackups],
  [PATHS.backup.path, answerBackup],
  [PATHS.failures.path, answerFailures],
]);

/** Whether a path is one of the API's. */
export function isOfApi(path: string): boolean {
  return path.startsWith('/api/');
}

/**
 * What a program asked for, as layers/api describes it.
 *
 * @throws {@link Refusal} if there is no such thing, or the request is not understood
 */
export async function answerApi(deps: ApiDeps, path: string, request: ApiRequest): Promise<unknown> {
  if (path === DESCRIPTION_PATH) return openApiDocument(deps.version);
  if (path === PATHS.servers.path) return answerServers(deps, request);
  const route = ROUTES.get(path);
  if (route === undefined) throw new Refusal(404, `there is no ${path}; ${DESCRIPTION_PATH} lists what there is`);
  const { server: name, ...query } = request.query;
  return await route({ ...meantServer(deps, name), version: deps.version }, { ...request, query });
}

function meantServer({ servers }: ApiDeps, name: string | undefined): ShownServer {
  const asked = askedServer(servers, name);
  if (asked === 'unknown') throw new Refusal(404, `there is no server "${name}"; ${PATHS.servers.path} has them all`);
  if (asked === 'unsaid') {
    const names = servers.map((server) => server.name).join(', ');
    throw new Refusal(400, `the parameter server is missing: it names one of ${names}`);
  }
  return asked;
}

async function answerServers({ servers }: ApiDeps, { query, now, signal }: ApiRequest) {
  understood(z.object({}), query);
  return Promise.all(
    servers.map(async ({ observer }) => serverShape((await readStand(observer, undefined, now, signal)).facts, now)),
  );
}

async function answerStatus({ observer, version }: ServerDeps, { query, now, signal }: ApiRequest) {
  understood(z.object({}), query);
  const stand = await readStand(observer, undefined, now, signal);
  return statusShape({ ...stand, summary: summaryOf(stand.facts, now) }, version, now);
}

const database = z.string().min(1).optional();
const instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text));
const mark = z.union([
  instant.transform((firedAt) => ({ firedAt })),
  z
    .string()
    .transform(parseBackupName)
    .pipe(z.object({ database: z.string(), firedAt: z.date() })),
]);
const limit = z.string().regex(/^\d+$/).transform(Number).pipe(z.int().min(1).max(MOST_BACKUPS));

async function answerBackups({ observer }: ServerDeps, { query, now, signal }: ApiRequest) {
  const asked = understood(z.object({ database, limit: limit.optional(), before: mark.optional() }), query);
  const { observation, details } = await readStand(observer, asked.database, now, signal);
  const states = observation.databases.filter((state) => [state.database, undefined].includes(asked.database));
  if (states.length === 0 && asked.database !== undefined) throw noDatabase(asked.database);
  if (states.some(({ listed }) => listed === undefined)) throw silent();
  const stored = states.flatMap(({ listed }) => listed?.entries ?? []).filter(({ manifest }) => manifest !== undefined);
  return pageOf(stored, asked.before, asked.limit ?? USUAL_BACKUPS).map((entry) =>
    backupEntry(entry, besideOf(entry, details.databases.get(entry.database))),
  );
}

async function answerBackup({ vault }: ServerDeps, { query, now }: ApiRequest) {
  const name: BackupName = understood(z.object({ database: database.unwrap(), firedAt: instant }), query);
  try {
    const entry = await readEntry(vault, name);
    const backup = entry && (await readBackup(vault, entry));
    if (backup === undefined) throw new Refusal(404, `there is no backup of "${name.database}" that was fired then`);
    return backupDetail(backup, await readVerdict(vault, backup), now, await readDrillStand(vault, backup));
  } catch (error) {
    if (error instanceof VaultError) throw silent();
    throw error;
  }
}

async function answerFailures({ observer }: ServerDeps, { query, now, signal }: ApiRequest) {
  const asked = understood(z.object({ database }), query);
  const { observation, details } = await readStand(observer, asked.database, now, signal);
  const isKnown = observation.databases.some((state) => state.database === asked.database);
  if (asked.database !== undefined && !isKnown) throw noDatabase(asked.database);
  const records = [...details.databases.values()].flatMap(({ failures }) => failures);
  const all = asked.database === undefined ? [...records, ...details.failures] : records;
  return all.sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
}

/** Parameters that nobody knows are refused: a filter that was misspelled would show everything. */
function understood<T extends z.ZodRawShape>(shape: z.ZodObject<T>, query: ApiRequest['query']) {
  const parsed = shape.strict().safeParse(query);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const name = issue?.code === 'unrecognized_keys' ? issue.keys[0] : String(issue?.path[0]);
  throw new Refusal(400, `the parameter ${name} is missing, unknown or not understood; see ${DESCRIPTION_PATH}`);
}

function noDatabase(name: string): Refusal {
  return new Refusal(404, `"${name}" is not configured, and has nothing in the bucket`);
}

function silent(): Refusal {
  return new Refusal(503, 'the bucket does not answer, or holds what cannot be read; the log says more');
}
