import { isCollection, isMap, isScalar, isSeq, type Node } from 'yaml';
import * as z from 'zod';
import { absolutePath, jsonSchemaOf, type Shape, secretArn } from '../shapes.ts';
import { type Document, type Entry, isNothing, type Position } from './document.ts';
import { nearest } from './nearest.ts';
import { type Group, isLeaf, LEAVES, type Leaf, type Level, mayStand, REFRESH_LEAVES } from './places.ts';

/** One value of the file, as a variable. */
export interface Setting {
  /** The variable, of a secret the one of its place: `POSTGRES_PASSWORD_FILE`. */
  readonly name: string;
  /** The keys that lead there: `server.retention.days`. */
  readonly key: string;
  readonly at: Position;
  /** The text, or the variable that has it. */
  readonly value: string | { readonly variable: string };
}

export interface Surroundings {
  readonly document: Document;
  readonly level: Level;
  /** The keys that lead to the level, with a dot behind them: `server.`. */
  readonly base: string;
  /** Those that lead there from the level: `retention.`. */
  readonly path?: string;
  /** Keys of the same map that are no settings. */
  readonly others?: readonly string[];
}

/** Reads the settings of a map. What is wrong with them is reported. */
export function readSettings(entries: readonly Entry[], group: Group, surroundings: Surroundings): Setting[] {
  const { document, base, path = '', others = [] } = surroundings;
  return entries.flatMap((entry) => {
    const { key, at, value } = entry;
    if (others.includes(key)) return [];
    const node = group.get(key);
    const full = base + path + key;
    if (node === undefined) {
      document.report(at, strangerOf(key, [...group.keys(), ...others], surroundings));
      return [];
    }
    if (isLeaf(node)) {
      const setting = readLeaf(node, full, entry, document);
      return setting ? [setting] : [];
    }
    const within = document.entries(value, full);
    return readSettings(within, node, { ...surroundings, path: `${path}${key}.`, others: [] });
  });
}

function readLeaf(leaf: Leaf, key: string, { at, value }: Entry, document: Document): Setting | undefined {
  const node = document.resolved(value);
  const refuse = (problem: string, where = value === undefined ? at : document.at(value)) => {
    document.report(where, `${key} ${problem}`);
    return undefined;
  };
  if (node === undefined) return refuse('has no value: write one, or leave it out');
  if (leaf.variable.secret) return readSecret(leaf, key, node, { at, document, refuse });
  const { type } = jsonSchemaOf(shapeOf(leaf));
  const isList = type === 'array' || (leaf.file.list && isSeq(node));
  if (isList) {
    const other = isSeq<Node>(node) ? node.items.find((item) => !isText(document.resolved(item))) : value;
    if (other) return refuse('must be a list of texts, like ["one", "another"]', document.at(other));
  }
  if (type === 'object' && !isMap(node)) return refuse('must have keys of its own');
  if (!isList && type !== 'object' && isCollection(node)) return refuse('must be one value');
  const text = leafText(leaf, node, document);
  const issues = shapeOf(leaf).safeParse(text).error?.issues;
  if (issues) return refuse([...new Set(issues.map(({ message }) => message))].join(', '));
  return { name: leaf.name, key, at, value: text };
}

function leafText({ file }: Leaf, node: Node, document: Document): string {
  if (isScalar(node)) return textOf(node);
  const texts = textsIn(node, document);
  return file.list && Array.isArray(texts) ? texts.join(',') : JSON.stringify(texts);
}

function isText(node: Node | undefined): boolean {
  return isScalar(node) && !isNothing(node);
}

const SOURCES = 'say where it is: {file: /run/secrets/…}, {secretArn: arn:…} or {variable: NAME}';

interface SecretPlace {
  readonly at: Position;
  readonly document: Document;
  readonly refuse: (problem: string, where?: Position) => undefined;
}

function readSecret({ name }: Leaf, key: string, node: Node, { at, document, refuse }: SecretPlace) {
  if (!isMap(node)) return refuse(`is a secret and must not stand in the file: ${SOURCES}`);
  const entries = document.entries(node, key);
  const [entry] = entries;
  const source = entry && Object.hasOwn(SECRET_SOURCES, entry.key) ? SECRET_SOURCES[entry.key] : undefined;
  const value = document.resolved(entry?.value);
  if (entries.length !== 1 || !source || !isScalar(value)) return refuse(`is a secret: ${SOURCES}`);
  const text = textOf(value);
  const issues = source.shape.safeParse(text).error?.issues;
  if (issues) return refuse(`(${entry?.key}) ${issues.map(({ message }) => message).join(', ')}`, entry?.at);
  return { name: `${name}${source.ending}`, key, at, value: source.ending === '' ? { variable: text } : text };
}

/** How the file may say where a secret is. */
export const SECRET_SOURCES: Readonly<Record<string, { readonly ending: string; readonly shape: Shape<string> }>> = {
  file: { ending: '_FILE', shape: absolutePath },
  secretArn: { ending: '_SECRET', shape: secretArn },
  variable: { ending: '', shape: z.string().regex(/^[A-Za-z_]\w*$/, 'must be the name of a variable') },
};

/** A list or a map of texts, and of lists of them, each as it is written; null where there is something else. */
function textsIn(node: Node | undefined, document: Document, depth = 2): unknown {
  const meant = document.resolved(node);
  if (isScalar(meant)) return isText(meant) ? textOf(meant) : null;
  if (depth === 0) return null;
  if (isSeq<Node>(meant)) return meant.items.map((item) => textsIn(item, document, depth - 1));
  const entries = document.entries(meant, 'this');
  return Object.fromEntries(entries.map(({ key, value }) => [key, textsIn(value, document, depth - 1) ?? null]));
}

/** As it is written: `08`, `1.10`, `off`. */
function textOf(node: { readonly value: unknown; readonly source?: string | undefined }): string {
  return typeof node.value === 'string' ? node.value : (node.source ?? String(node.value));
}

export function shapeOf({ file, variable }: Leaf): Shape<unknown> {
  return file.shape ?? variable.shape;
}

/** What looks like YAML and is none of YAML 1.2. */
const SLIPS: readonly (readonly [RegExp, string])[] = [
  [
    /^<<$/,
    'YAML 1.2 has no merges. What several have in common stands at the level above them, or all of it is an alias',
  ],
  [/^[\w-]+:\S/, 'a colon needs a space behind it'],
  [/^$/, 'a key is missing before the colon'],
];

/** Why a key may not stand there, and where or how it may. */
function strangerOf(key: string, known: readonly string[], { level, base, path = '' }: Surroundings): string {
  const here = path + key;
  const slip = SLIPS.find(([form]) => form.test(key))?.[1];
  if (slip !== undefined) return `${base}${here} is not known: ${slip}`;
  const leaves = level === 'refresh' ? REFRESH_LEAVES : LEAVES;
  const elsewhere = leaves.find(({ file }) => file.at === here || file.at.startsWith(`${here}.`));
  if (elsewhere && level !== 'refresh' && !mayStand(elsewhere, level)) {
    const whole =
      elsewhere.file.per === 'server' ? 'a whole server: move it there' : 'all: move it to the top of the file';
    return `${base}${here} holds for ${whole}`;
  }
  const meant =
    leaves.find(({ name }) => name === key)?.file.at ??
    nearest(key, known) ??
    leaves.find(({ file }) => file.at.endsWith(`.${key}`))?.file.at;
  // All keys of a server are no help.
  const all = known.length > 12 ? 'docs/config-file.md has all keys' : `there may stand ${known.join(', ')}`;
  const rest = meant === undefined ? `: ${all}` : `: did you mean ${meant}?`;
  return `${base}${here} is not known${rest}`;
}
