import { refreshVariables } from '../refresh-variables.ts';
import type { FilePlace, Variable } from '../variable.ts';
import { VARIABLES } from '../variables.ts';

/**
 * Where settings stand: at the top for all servers and databases, in a server, in one of its databases, or in one of the
 * refreshes of other databases from its backups.
 */
export type Level = 'top' | 'server' | 'database' | 'refresh';

/** A setting that a file may have. */
export interface Leaf {
  readonly name: string;
  readonly variable: Variable;
  readonly file: FilePlace;
}

/** Keys, and what stands under them. */
export type Group = ReadonlyMap<string, Group | Leaf>;

/** Every variable that a file may have. */
export const LEAVES: readonly Leaf[] = Object.entries<Variable>(VARIABLES).flatMap(([name, variable]) =>
  variable.file ? [{ name, variable, file: variable.file }] : [],
);

/** Every setting of a refresh: its own, and how to connect. */
export const REFRESH_LEAVES: readonly Leaf[] = refreshVariables().map(({ name, variable, at }) => ({
  ...{ name, variable, file: { at } },
}));

/** What may stand at each level. */
export const TREES: Readonly<Record<Level, Group>> = {
  top: treeOf('top'),
  server: treeOf('server'),
  database: treeOf('database'),
  refresh: nested(REFRESH_LEAVES),
};

/** Whether a setting may stand there. */
export function mayStand({ file }: Leaf, level: Level): boolean {
  return level === 'top' || file.per === level || file.per === 'database';
}

export function isLeaf(node: Group | Leaf): node is Leaf {
  return 'variable' in node;
}

function treeOf(level: Level): Group {
  return nested(LEAVES.filter((one) => mayStand(one, level)));
}

function nested(leaves: readonly Leaf[]): Group {
  const root = new Map<string, Group | Leaf>();
  for (const leaf of leaves) {
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
