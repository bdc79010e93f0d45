/** Where a drill's time goes, in seconds. Phases follow each other: together they are the time from its start to its end. */
export interface DrillProfile {
  readonly phases: Readonly<Record<Phase, number>>;
  /** What the sessions of pg_restore took together. Several work at once. */
  readonly sessions: Readonly<Record<Work, number>>;
}

export const PHASES = ['read', 'prepare', 'define', 'rows', 'rest', 'compare', 'end'] as const;
type Phase = (typeof PHASES)[number];
export const WORKS = ['COPY', 'indexes', 'foreign keys'] as const;
type Work = (typeof WORKS)[number];

/** What a server must be set to, so that {@link profileOf} can read its log. */
export const LOG_SETTINGS = { log_line_prefix: '%n|%a|', log_min_duration_statement: '0', log_statement: 'none' };

/**
 * Reads a scratch server's log of one drill. Pure.
 *
 * - `read`: until pgvouch makes the drill's database: the archive is read, and the server starts meanwhile
 * - `prepare`: the database and the roles
 * - `define`: from pg_restore's first statement to the first COPY
 * - `rows`: until the last COPY ends; indexes of other tables are built meanwhile
 * - `rest`: what pg_restore does after that: indexes and constraints
 * - `compare`: until pgvouch's last query
 * - `end`: the server ends, the verdict is written
 *
 * @param startedAtMs - of verify, since 1970
 * @throws Error if nothing was restored
 */
export function profileOf(log: string, startedAtMs: number, endedAtMs: number): DrillProfile {
  const all = statements(log);
  const ofPgvouch = all.filter(({ application }) => application.startsWith('pgvouch'));
  const restoring = all.filter(({ application }) => application === RESTORING);
  const copies = restoring.filter(({ text }) => workOf(text) === 'COPY');
  if (copies.length === 0 || ofPgvouch.length === 0) throw new Error('the log shows no drill');
  const first = (some: readonly Statement[]) => Math.min(...some.map(({ beganAtMs }) => beganAtMs));
  const last = (some: readonly Statement[]) => Math.max(...some.map(({ endedAtMs: at }) => at));
  const ends = [first(ofPgvouch), first(restoring), first(copies), last(copies), last(restoring), last(all), endedAtMs];
  const seconds = ends.map((at, index) => (at - (ends[index - 1] ?? startedAtMs)) / 1000);
  const busy = (work: Work) =>
    restoring
      .filter(({ text }) => workOf(text) === work)
      .reduce((sum, one) => sum + (one.endedAtMs - one.beganAtMs) / 1000, 0);
  return {
    phases: Object.fromEntries(PHASES.map((phase, index) => [phase, seconds[index] ?? 0])) as DrillProfile['phases'],
    sessions: Object.fromEntries(WORKS.map((work) => [work, busy(work)])) as DrillProfile['sessions'],
  };
}

/** When a scratch server had something to do, in seconds. */
export interface DrillSpan {
  /** From the start of verify to its first statement: the archive is read, and the server starts meanwhile. */
  readonly readS: number;
  /** From there to the end of the last one. */
  readonly drillS: number;
  /** Of that, when no statement ran: pgvouch fetches a piece, or pg_restore starts. */
  readonly idleS: number;
}

/** Reads that from a scratch server's log of one drill. Pure. */
export function spanOf(log: string, startedAtMs: number): DrillSpan {
  const all = statements(log).filter(({ application }) => application.startsWith(RESTORING));
  const [first, ...others] = all.sort((a, b) => a.beganAtMs - b.beganAtMs);
  if (first === undefined) throw new Error('the log shows no drill');
  let [lastMs, idleMs] = [first.endedAtMs, 0];
  for (const { beganAtMs, endedAtMs } of others) {
    idleMs += Math.max(0, beganAtMs - lastMs);
    lastMs = Math.max(lastMs, endedAtMs);
  }
  const seconds = [first.beganAtMs - startedAtMs, lastMs - first.beganAtMs, idleMs].map((ms) => ms / 1000);
  const [readS = 0, drillS = 0, idleS = 0] = seconds;
  return { readS, drillS, idleS };
}

/** What pgvouch calls its pg_restore's sessions; its own have a second word. */
const RESTORING = 'pgvouch';

interface Statement {
  readonly application: string;
  readonly text: string;
  readonly beganAtMs: number;
  readonly endedAtMs: number;
}

/** Each is logged when it ends, with how long it took. A statement may have several lines. */
const LOGGED =
  /^(\d+\.\d+)\|([^|\n]*)\|LOG: {2}duration: (\d+\.\d+) ms {2}(?:statement|parse [^:]*|bind [^:]*|execute [^:]*): (.*)$/s;

function statements(log: string): Statement[] {
  return log.split(/^(?=\d+\.\d+\|)/m).flatMap((record) => {
    const [, at, application = '', tookMs, text = ''] = LOGGED.exec(record) ?? [];
    if (at === undefined) return [];
    const endedAtMs = 1000 * Number(at);
    const beganAtMs = endedAtMs - Number(tookMs);
    return [{ application, text: text.replace(/\s+/g, ' ').trim(), beganAtMs, endedAtMs }];
  });
}

function workOf(text: string): Work | undefined {
  if (/^COPY .* FROM stdin;$/.test(text)) return 'COPY';
  if (/^CREATE (UNIQUE )?INDEX |^ALTER TABLE .* ADD CONSTRAINT .* (PRIMARY KEY|UNIQUE|EXCLUDE) /.test(text))
    return 'indexes';
  if (/^ALTER TABLE .* ADD CONSTRAINT .* FOREIGN KEY /.test(text)) return 'foreign keys';
  return undefined;
}
