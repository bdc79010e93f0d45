import { isAlias, isMap, isScalar, LineCounter, type Node, parseDocument, type YAMLError } from 'yaml';

/** Where something stands in a file, from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** What is wrong there, and what to do about it. No problem repeats a value: it may be a password. */
export interface FileProblem extends Position {
  readonly problem: string;
}

/** In the order of the lines. */
export function sortProblems(problems: readonly FileProblem[]): FileProblem[] {
  return [...problems].sort((one, two) => one.line - two.line || one.column - two.column);
}

/** A key with its value. */
export interface Entry {
  readonly key: string;
  readonly at: Position;
  /** Undefined where nothing is written. */
  readonly value: Node | undefined;
}

/** A YAML file, and what was found wrong with it so far. */
export interface Document {
  readonly root: Node | undefined;
  readonly problems: FileProblem[];
  at(node: Node | undefined): Position;
  report(at: Position, problem: string): void;
  /** What an alias stands for. */
  resolved(node: Node | undefined): Node | undefined;
  /** The keys of a map, each once; a problem and none if it is no map. Of nothing, none. */
  entries(node: Node | undefined, what: string): readonly Entry[];
}

/** Parses YAML 1.2, in which `on`, `off`, `yes` and `no` are words. */
export function readDocument(text: string): Document {
  const lines = new LineCounter();
  const options = { lineCounter: lines, prettyErrors: false, uniqueKeys: false, stringKeys: true } as const;
  const parsed = parseDocument(text, options);
  const place = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const problems: FileProblem[] = [...parsed.errors, ...parsed.warnings].map((error) => ({
    ...place(error.pos[0]),
    problem: problemOf(error),
  }));
  const report = ({ line, column }: Position, problem: string) => {
    const isKnown = problems.some((one) => one.line === line && one.column === column && one.problem === problem);
    if (!isKnown) problems.push({ line, column, problem });
  };
  const at = (node: Node | undefined) => place(node?.range?.[0] ?? 0);
  const resolved = (node: Node | undefined) => {
    if (!isAlias(node)) return node;
    const meant = node.resolve(parsed);
    if (meant === undefined) report(at(node), NEEDS_QUOTES);
    return meant;
  };
  return {
    root: parsed.contents ?? undefined,
    ...{ problems, report, at, resolved },
    entries(node, what) {
      const map = resolved(node);
      if (isNothing(map)) return [];
      if (!isMap<Node, Node | null>(map)) {
        report(at(node), `${what} must have keys of its own, each with a value`);
        return [];
      }
      const seen = new Map<string, Position>();
      return map.items.flatMap(({ key: keyNode, value }) => {
        // YAML's own problem already.
        if (!isScalar(keyNode)) return [];
        const key = String(keyNode.value);
        const here = at(keyNode);
        const before = seen.get(key);
        if (before) report(here, `${key} stands here for the second time (first in line ${before.line}): keep one`);
        if (before) return [];
        seen.set(key, here);
        return { key, at: here, value: isNothing(value ?? undefined) ? undefined : (value ?? undefined) };
      });
    },
  };
}

/** Whether nothing is written there. */
export function isNothing(node: Node | undefined): boolean {
  return node === undefined || (isScalar(node) && node.value === null);
}

const NEEDS_QUOTES = 'what begins with * or ! needs quotes in YAML, like "*" or "!scratch_*"';

/** YAML's own messages, but for what everybody runs into once: patterns of databases without quotes. */
function problemOf({ code, message }: YAMLError): string {
  const isPattern = code === 'BAD_ALIAS' || code === 'TAG_RESOLVE_FAILED' || /alias|tag/i.test(message);
  if (isPattern) return NEEDS_QUOTES;
  if (code === 'NON_STRING_KEY') return 'not YAML of this form: a key must be one word, not a list or keys of its own';
  // Some quote what they did not understand.
  return `not YAML: ${message
    .split(/[:;"]/)[0]
    ?.trim()
    .replace(/^./, (letter) => letter.toLowerCase())}`;
}
