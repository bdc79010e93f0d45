import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { podman } from './podman.ts';

/** The kernel's account of a running container, of either version of control groups. */
export interface ControlGroup {
  /** What it holds that the kernel could not take back at once: as `docker stats` shows it. */
  workingSetBytes(): number;
  /** Processes that the kernel killed for lack of memory. */
  oomKills(): number;
  /** States of its processes, by their names; `Z` is a zombie. */
  states(): { readonly name: string; readonly state: string }[];
  /** Their command lines, arguments apart from each other by spaces. */
  commands(): string[];
}

export async function controlGroupOf(container: string): Promise<ControlGroup> {
  const pid = await podman('inspect', '--format', '{{.State.Pid}}', container);
  const groups = readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().split('\n');
  const memory = groups.map((line) => line.split(':')).find(([, controllers]) => controllers === 'memory');
  if (memory) {
    const folder = path.join('/sys/fs/cgroup/memory', memory[2] ?? '');
    return account(folder, 'memory.usage_in_bytes', 'total_inactive_file', 'memory.oom_control');
  }
  const unified = groups.map((line) => line.split(':')).find(([hierarchy]) => hierarchy === '0');
  const folder = path.join('/sys/fs/cgroup', unified?.[2] ?? '');
  return account(folder, 'memory.current', 'inactive_file', 'memory.events');
}

function account(folder: string, usage: string, inactive: string, events: string): ControlGroup {
  const text = (file: string) => readFileSync(path.join(folder, file), 'utf8');
  const value = (file: string, name: string) =>
    Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text(file))?.[1] ?? Number.NaN);
  return {
    workingSetBytes: () => Number(text(usage)) - value('memory.stat', inactive),
    oomKills: () => value(events, 'oom_kill'),
    states: () => pidsIn(folder).flatMap(stateOf),
    commands: () => pidsIn(folder).flatMap(commandOf),
  };
}

function pidsIn(folder: string): string[] {
  const own = readFileSync(path.join(folder, 'cgroup.procs'), 'utf8').trim().split('\n');
  const below = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [...own, ...below.flatMap((entry) => pidsIn(path.join(folder, entry.name)))].filter((pid) => pid !== '');
}

function stateOf(pid: string): { name: string; state: string }[] {
  if (!existsSync(`/proc/${pid}/stat`)) return [];
  const [, name = '', state = ''] = /^\d+ \((.*)\) (\S)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
  return [{ name, state }];
}

function commandOf(pid: string): string[] {
  try {
    return [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')];
  } catch {
    // It has ended meanwhile.
    return [];
  }
}
