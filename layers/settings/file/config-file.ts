import { isScalar, isSeq, type Node } from 'yaml';
import { isPattern, sortPatterns } from '../../backup/database-patterns.ts';
import { databaseName } from '../database-list.ts';
import { SERVER_NAME } from '../database-variables.ts';
import {
  type Document,
  type Entry,
  type FileProblem,
  isNothing,
  type Position,
  readDocument,
  sortProblems,
} from './document.ts';
import { TREES } from './places.ts';
import { readSettings, type Setting } from './read-settings.ts';
import { type RefreshEntry, readRefreshEntries } from './refreshes.ts';

/** What a pgvouch.yaml says. */
export interface ConfigFile {
  /** For all servers and databases. */
  readonly settings: readonly Setting[];
  readonly servers: readonly ServerEntry[];
  /** What is wrong with it, in the order of its lines. */
  readonly problems: readonly FileProblem[];
}

export interface ServerEntry {
  /** Undefined for the one of `server`. */
  readonly name: string | undefined;
  readonly at: Position;
  readonly settings: readonly Setting[];
  /** Undefined if the file does not say which; the environment may. */
  readonly databases: readonly DatabaseEntry[] | undefined;
  /** What is refreshed from its backups. */
  readonly refreshes: readonly RefreshEntry[];
}

/** A database, or a pattern of some. */
export interface DatabaseEntry {
  readonly name: string;
  readonly at: Position;
  readonly settings: readonly Setting[];
}

/** Keys of a server that are no settings. */
export const SERVER_KEYS = ['databases', 'refresh'];

/** Keys at the top that are no settings. */
export const TOP_KEYS = ['server', 'servers'];

/**
 * Reads a pgvouch.yaml. Pure: which files and variables it names is not looked at.
 *
 * @param text - YAML
 */
export function readConfigFile(text: string): ConfigFile {
  const document = readDocument(text);
  const top = document.entries(document.root, 'the file');
  const settings = readSettings(top, TREES.top, { document, level: 'top', base: '', others: TOP_KEYS });
  const servers = serversOf(top, document);
  return { settings, servers, problems: sortProblems(document.problems) };
}

function serversOf(top: readonly Entry[], document: Document): ServerEntry[] {
  const [one, several] = TOP_KEYS.map((name) => top.find(({ key }) => key === name));
  if (one && several) document.report(several.at, 'servers stands beside server: keep one, for one has no name');
  const named = several ? document.entries(several.value, 'servers') : [];
  if (several && named.length === 0) document.report(several.at, 'servers has none: name one, with its host below');
  for (const { key, at } of named) {
    if (!SERVER_NAME.test(key)) document.report(at, `servers.${key} must be named by letters, digits, - and _`);
  }
  return [
    ...(one ? [serverOf(one, undefined, document)] : []),
    ...named.map((entry) => serverOf(entry, entry.key, document)),
  ];
}

function serverOf({ at, value }: Entry, name: string | undefined, document: Document): ServerEntry {
  const path = name === undefined ? 'server' : `servers.${name}`;
  const entries = document.entries(value, path);
  const [given, refresh] = SERVER_KEYS.map((one) => entries.find(({ key }) => key === one));
  const level = { document, level: 'server', base: `${path}.`, others: SERVER_KEYS } as const;
  return {
    ...{ name, at },
    settings: readSettings(entries, TREES.server, level),
    databases: given && databasesOf(given, `${path}.databases`, document),
    refreshes: refresh ? readRefreshEntries(refresh, `${path}.refresh`, document) : [],
  };
}

/** A list of names and patterns, or a map of them to their settings. */
function databasesOf({ at, value }: Entry, path: string, document: Document): DatabaseEntry[] {
  const node = document.resolved(value);
  if (isScalar(node) && !isNothing(node)) {
    document.report(
      document.at(value),
      `${path} must be a list of names and patterns, like ["*"], or have them as keys`,
    );
    return [];
  }
  const entries = isSeq<Node>(node) ? listed(node.items, path, document) : document.entries(node, path);
  for (const { key, at: here } of entries) {
    const issues = databaseName.safeParse(key).error?.issues ?? [];
    for (const { message } of issues) document.report(here, `${path} ${message}`);
  }
  const sorted = sortPatterns(entries.map(({ key }) => key));
  if (entries.length === 0) document.report(at, `${path} must name at least one database`);
  if (sorted && 'wrong' in sorted) document.report(at, `${path} ${sorted.wrong}`);
  return entries.map((entry) => {
    const base = `${path}.${isPattern(entry.key) ? JSON.stringify(entry.key) : entry.key}.`;
    const within = document.entries(entry.value, base.slice(0, -1));
    if (entry.key.startsWith('!') && within.length > 0) {
      document.report(entry.at, `${base.slice(0, -1)} is left out, and can have no settings`);
    }
    return {
      ...{ name: entry.key, at: entry.at },
      settings: readSettings(within, TREES.database, { document, level: 'database', base }),
    };
  });
}

function listed(items: readonly Node[], path: string, document: Document): Entry[] {
  const seen = new Set<string>();
  return items.flatMap((item) => {
    const node = document.resolved(item);
    const at = document.at(item);
    // A pattern without quotes: that is a problem already.
    if (node === undefined || (isNothing(node) && node.tag !== undefined)) return [];
    if (!isScalar(node)) {
      document.report(at, `${path} must be a list of names, or have names as keys with settings below them`);
      return [];
    }
    const key = typeof node.value === 'string' ? node.value : (node.source ?? '');
    if (seen.has(key)) document.report(at, `${path} has ${JSON.stringify(key)} twice: keep one`);
    seen.add(key);
    return { key, at, value: undefined };
  });
}
