import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DebianMajor } from '../../debian/postgresql.ts';
import { contribOf } from '../../extensions/contrib.ts';

/** A control file. @see https://www.postgresql.org/docs/current/extend-extensions.html, section Extension Files */
interface Control {
  readonly name: string;
  readonly requires: readonly string[];
  /** `postgis-3`, of `$libdir/postgis-3`. */
  readonly module: string | undefined;
}

/**
 * What of an extension folder a server does without that has only some of its extensions.
 *
 * @param extensions - those that it has, beside PostgreSQL's own; what they require comes along
 * @returns files of that folder, and of the folder with modules
 */
export async function superfluousFiles(
  folder: string,
  extensions: readonly string[],
  major: DebianMajor,
): Promise<{ readonly scripts: readonly string[]; readonly modules: readonly string[] }> {
  const names = await readdir(folder);
  const controls = await Promise.all(
    names.filter((name) => name.endsWith('.control')).map(async (name) => readControl(join(folder, name), name)),
  );
  const kept = withRequired([...contribOf(major), ...extensions], controls);
  const without = controls.filter(({ name }) => !kept.has(name));
  const used = new Set(controls.filter(({ name }) => kept.has(name)).map(({ module }) => module));
  const isOfOther = (file: string) =>
    without.some(({ name }) => file === `${name}.control` || file.startsWith(`${name}--`));
  return {
    scripts: [...new Set([...names.filter(isOfOther), ...unreachableScripts(names)])],
    modules: without.flatMap(({ module }) => (module === undefined || used.has(module) ? [] : `${module}.so`)),
  };
}

async function readControl(path: string, file: string): Promise<Control> {
  const text = await readFile(path, 'utf8');
  const setting = (name: string) => new RegExp(`^\\s*${name}\\s*=\\s*'([^']*)'`, 'm').exec(text)?.[1];
  const requires = (setting('requires') ?? '').split(',').map((name) => name.trim());
  const module = setting('module_pathname')?.replace('$libdir/', '');
  return { name: file.slice(0, -'.control'.length), requires: requires.filter((name) => name !== ''), module };
}

function withRequired(names: readonly string[], controls: readonly Control[]): ReadonlySet<string> {
  const kept = new Set(names);
  for (const name of kept) {
    for (const required of controls.find((one) => one.name === name)?.requires ?? []) kept.add(required);
  }
  return kept;
}

/**
 * Scripts that no CREATE EXTENSION runs: updates from versions that cannot be made here in the first place. They are most
 * of what some extensions bring. Pure.
 *
 * @param names - `postgis--3.6.4.sql`, `postgis--3.5.0--3.6.4.sql` and whatever else lies beside them
 * @see https://www.postgresql.org/docs/current/extend-extensions.html, section Extension Updates
 */
export function unreachableScripts(names: readonly string[]): string[] {
  const scripts = names.filter((name) => name.endsWith('.sql')).map((name) => ({ name, parts: partsOf(name) }));
  const made = new Set<string>();
  for (const { parts } of scripts) if (parts.to === undefined) made.add(`${parts.extension}--${parts.from}`);
  const updates = scripts.filter(({ parts }) => parts.to !== undefined);
  const isMade = ({ extension, from }: Parts) => made.has(`${extension}--${from}`);
  for (let size = -1; size !== made.size; ) {
    size = made.size;
    for (const { parts } of updates) if (isMade(parts)) made.add(`${parts.extension}--${parts.to}`);
  }
  return updates.filter(({ parts }) => !isMade(parts)).map(({ name }) => name);
}

interface Parts {
  readonly extension: string;
  readonly from: string | undefined;
  /** Of an update alone. */
  readonly to: string | undefined;
}

function partsOf(name: string): Parts {
  const [extension = '', from, to] = name.slice(0, -'.sql'.length).split('--');
  return { extension, from, to };
}
