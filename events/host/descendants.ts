import { readdirSync, readFileSync } from 'node:fs';

export interface Child {
  readonly pid: number;
  /** Of its program, at most 15 characters of it. */
  readonly name: string;
}

/**
 * Kills every process that descends from one: pg_dump and its like, whose workers may not be able to any more.
 *
 * @param isSpared - children for which it is true stay, with all that descends from them
 */
export function killDescendants(of: number, isSpared: (child: Child) => boolean = () => false): void {
  const children = processTree();
  const kill = (parent: number) => {
    for (const child of children.get(parent) ?? []) {
      if (isSpared(child)) continue;
      kill(child.pid);
      try {
        process.kill(child.pid, 'SIGKILL');
      } catch {
        // It ended by itself.
      }
    }
  };
  kill(of);
}

/** The processes that one has started itself and that still run. */
export function childrenOf(pid: number): readonly Child[] {
  return processTree().get(pid) ?? [];
}

function processTree(): ReadonlyMap<number, readonly Child[]> {
  const children = new Map<number, Child[]>();
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    const facts = Number.isInteger(pid) ? readStat(pid) : undefined;
    if (facts === undefined) continue;
    children.set(facts.parent, [...(children.get(facts.parent) ?? []), { pid, name: facts.name }]);
  }
  return children;
}

/** @see proc_pid_stat(5): the second field is the name, in parentheses and with anything in it, the fourth the parent */
function readStat(pid: number): { readonly parent: number; readonly name: string } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const end = stat.lastIndexOf(')');
    return { parent: Number(stat.slice(end + 2).split(' ')[1]), name: stat.slice(stat.indexOf('(') + 1, end) };
  } catch {
    return undefined;
  }
}
