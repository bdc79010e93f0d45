import { formatFiredAt, parseFiredAt } from '../backup/instant.ts';
import { VERDICTS, type VerdictName } from '../backup/verdict.ts';
import { hex8, historyName, type Timeline } from './segments.ts';

/** What stands beside `base.json`: retention's mark, what undoes it, and a person's pin. */
export type BaseMark = 'retired' | 'undone' | 'kept';

/** One object of a cluster, as its key tells it. A segment's number follows from its name and the segments' size. */
export type ParsedClusterKey = { readonly systemIdentifier: string } & (
  | { readonly kind: 'cluster' }
  | { readonly kind: 'drill-time' }
  | { readonly kind: 'segment'; readonly name: string }
  | { readonly kind: 'partial'; readonly name: string; readonly endOffset: number }
  | { readonly kind: 'history'; readonly timeline: Timeline }
  | { readonly kind: 'wal-status' }
  | { readonly kind: 'window'; readonly days: number }
  | { readonly kind: 'base'; readonly startedAt: Date }
  | { readonly kind: 'base-file'; readonly startedAt: Date; readonly attempt: string; readonly file: string }
  | { readonly kind: 'base-verdict'; readonly startedAt: Date; readonly verdict: VerdictName }
  | { readonly kind: 'base-mark'; readonly startedAt: Date; readonly mark: BaseMark }
);

/** Which base backup of which cluster. */
export interface BaseName {
  readonly systemIdentifier: string;
  /** When its schedule fired: to the second. */
  readonly startedAt: Date;
}

/** Where all clusters are. No database's folder begins with a dot, so none is taken for one. */
export function clustersFolder(prefix: string): string {
  return `${prefix}.clusters/`;
}

/** The folder of one cluster, under the prefix, with its slash. */
export function clusterFolder(prefix: string, systemIdentifier: string): string {
  return `${clustersFolder(prefix)}${systemIdentifier}/`;
}

/** What is so of the cluster as long as it lives; see cluster.ts. */
export function clusterKey(prefix: string, systemIdentifier: string): string {
  return `${clusterFolder(prefix, systemIdentifier)}cluster.json`;
}

/** The last recovery drill that ran out of time; see drill-time.ts. */
export function drillTimeKey(prefix: string, systemIdentifier: string): string {
  return `${clusterFolder(prefix, systemIdentifier)}drill.json`;
}

export function walFolder(prefix: string, systemIdentifier: string): string {
  return `${clusterFolder(prefix, systemIdentifier)}wal/`;
}

/** A finished segment, compressed. `name` is its 24 digits. */
export function segmentKey(prefix: string, systemIdentifier: string, name: string): string {
  return `${walFolder(prefix, systemIdentifier)}${name}.zst`;
}

/**
 * The beginning of a segment that was not finished yet, compressed.
 *
 * @param endOffset - how many bytes of the segment it holds: 1 to the segments' size. In the order of keys a longer one
 *   comes later, and the whole segment last.
 */
export function partialKey(prefix: string, systemIdentifier: string, name: string, endOffset: number): string {
  return `${walFolder(prefix, systemIdentifier)}${name}.${hex8(endOffset)}.partial.zst`;
}

/** PostgreSQL's history file of a timeline, as it is. In the order of keys it comes before the timeline's segments. */
export function historyKey(prefix: string, systemIdentifier: string, timeline: Timeline): string {
  return `${walFolder(prefix, systemIdentifier)}${historyName(timeline)}`;
}

/**
 * How server and slot stood when wal last asked; see wal-status.ts. In the order of keys it comes after all WAL, so that
 * a listing of the newest WAL shows how old it is.
 */
export function walStatusKey(prefix: string, systemIdentifier: string): string {
  return `${walFolder(prefix, systemIdentifier)}status.json`;
}

/**
 * That somebody who archives the cluster wants every moment of so many days; see said-window.ts. In the order of keys it comes
 * after all WAL, too.
 */
export function windowKey(prefix: string, systemIdentifier: string, days: number): string {
  return `${walFolder(prefix, systemIdentifier)}window-${days}.json`;
}

export function basesFolder(prefix: string, systemIdentifier: string): string {
  return `${clusterFolder(prefix, systemIdentifier)}base/`;
}

export function baseFolder(prefix: string, { systemIdentifier, startedAt }: BaseName): string {
  return `${basesFolder(prefix, systemIdentifier)}${formatFiredAt(startedAt)}/`;
}

/** Written last: it makes the base backup exist; see base.ts. */
export function baseKey(prefix: string, name: BaseName): string {
  return `${baseFolder(prefix, name)}base.json`;
}

/** A file of a base backup. `attempt` is a fresh UUID: two runs of one firing never write the same key. */
export function baseFileKey(prefix: string, name: BaseName, attempt: string, file: string): string {
  return `${baseFolder(prefix, name)}${attempt}/${file}`;
}

export function baseVerdictKey(prefix: string, name: BaseName, verdict: VerdictName): string {
  return `${baseFolder(prefix, name)}verdict-${verdict}.json`;
}

export function baseMarkKey(prefix: string, name: BaseName, mark: BaseMark): string {
  return `${baseFolder(prefix, name)}${mark}.json`;
}

const CLUSTER_OBJECT = /^(0|[1-9]\d{0,19})\/(?:(cluster|drill)\.json|wal\/([^/]+)|base\/([^/]+)\/(.+))$/;
const WAL_OBJECT =
  /^(?:([0-9A-F]{24})(?:\.([0-9A-F]{8})\.partial)?\.zst(?:\.age)?|([0-9A-F]{8})\.history|(status)\.json|window-([1-9]\d{0,4})\.json)$/;
const BASE_OBJECT = /^(?:(base)\.json|(retired|undone|kept)\.json|verdict-([a-z]+)\.json|([0-9a-f-]{36})\/([^/]+))$/;

/**
 * Reads a key of a cluster. Everything that does not have exactly our shape is `undefined`: it is not ours to touch.
 *
 * @param prefix - the vault's prefix, with its slash
 */
export function parseClusterKey(prefix: string, key: string): ParsedClusterKey | undefined {
  const folder = clustersFolder(prefix);
  if (!key.startsWith(folder)) return undefined;
  const [, systemIdentifier = '', cluster, wal, base, ofBase = ''] =
    CLUSTER_OBJECT.exec(key.slice(folder.length)) ?? [];
  if (cluster !== undefined) return { kind: cluster === 'drill' ? 'drill-time' : 'cluster', systemIdentifier };
  const parsed = wal === undefined ? parseBaseObject(base, ofBase) : parseWalObject(wal);
  return parsed && { ...parsed, systemIdentifier };
}

type WithoutCluster<T> = T extends unknown ? Omit<T, 'systemIdentifier'> : never;

function parseWalObject(file: string): WithoutCluster<ParsedClusterKey> | undefined {
  const [, name, endOffset, timeline, status, days] = WAL_OBJECT.exec(file) ?? [];
  if (status !== undefined) return { kind: 'wal-status' };
  if (days !== undefined) return { kind: 'window', days: Number(days) };
  if (timeline !== undefined) {
    // Timeline 1 has no history, and 0 is none.
    const number = Number.parseInt(timeline, 16);
    return number > 1 ? { kind: 'history', timeline: number } : undefined;
  }
  if (name === undefined) return undefined;
  if (endOffset === undefined) return { kind: 'segment', name };
  return { kind: 'partial', name, endOffset: Number.parseInt(endOffset, 16) };
}

function parseBaseObject(startedAtText = '', object: string): WithoutCluster<ParsedClusterKey> | undefined {
  const startedAt = parseFiredAt(startedAtText);
  const [, base, mark, verdictText, attempt, file] = BASE_OBJECT.exec(object) ?? [];
  if (startedAt === undefined) return undefined;
  if (base !== undefined) return { kind: 'base', startedAt };
  if (mark !== undefined) return { kind: 'base-mark', startedAt, mark: mark as BaseMark };
  if (attempt !== undefined && file !== undefined) return { kind: 'base-file', startedAt, attempt, file };
  const verdict = VERDICTS.find((known) => known === verdictText);
  return verdict && { kind: 'base-verdict', startedAt, verdict };
}
