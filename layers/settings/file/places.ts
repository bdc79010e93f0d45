import type { FilePlace, Variable } from '../variable.ts';
import { VARIABLES, type VariableName } from '../variables.ts';

/** Where settings stand: at the top for all servers and databases, in a server, or in one of its databases. */
export type Level = 'top' | 'server' | 'database';

/** A setting that a file may have. */
export interface Leaf {
  readonly name: VariableName;
  readonly variable: Variable;
  readonly file: FilePlace;
}

/** Keys, and what stands under them. */
export type Group = ReadonlyMap<string, Group | Leaf>;

/** Every setting that a file may have. */
export const LEAVES: readonly Leaf[] = Object.entries<Variable>(VARIABLES).flatMap(([name, variable]) =>
  variable.file ? [{ name: name as VariableName, variable, file: variable.file }] : [],
);

/** What may stand at each level. */
export const TREES: Readonly<Record<Level, Group>> = {
  top: treeOf('top'),
  server: treeOf('server'),
  database: treeOf('database'),
};

/** Whether a setting may stand there. */
export function mayStand({ file }: Leaf, level: Level): boolean {
  return level === 'top' || file.per === level || file.per === 'database';
}

export function isLeaf(node: Group | Leaf): node is Leaf {
  return 'variable' in node;
}

function treeOf(level: Level): Group {
  const root = new Map<string, Group | Leaf>();
  for (const leaf of LEAVES.filter((one) => mayStand(one, level))) {
    const keys = leaf.file.at.split('.');
    const last = keys.pop() ?? '';
    let group = root;
    for (const key of keys) {
      const next = (group.get(key) ?? new Map()) as Map<string, Group | Leaf>;
      group.set(key, next);
      group = next;
    }
    group.set(last, leaf);
  }
  return root;
}
