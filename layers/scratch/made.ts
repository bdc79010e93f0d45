import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DebianPackage } from '../debian/debian-packages.ts';

/** An installation in its place: `scratch/18-amd64-0f3a9c1e/2026-11-23T02-00-00-000Z`. */
export interface Made {
  readonly folder: string;
  /** The packages of extensions that it was made with. */
  readonly extras: readonly string[];
  /** All of them. */
  readonly packages: readonly DebianPackage[];
}

/** A change of it means: make it again. */
const RECIPE = 4;
const MARKER = 'installation.json';

/** The newest one in a place that is whole; undefined if there is none. */
export async function newestIn(place: string): Promise<Made | undefined> {
  for (const name of (await versionsIn(place)).reverse()) {
    const folder = join(place, name);
    try {
      const { recipe, extras, packages } = JSON.parse(await readFile(join(folder, MARKER), 'utf8'));
      if (recipe === RECIPE) return { folder, extras, packages };
    } catch {
      // Unfinished, or made by something else.
    }
  }
  return undefined;
}

/** Gives one that is ready its name: what has it is whole. */
export async function finish(unfinished: string, place: string, made: Omit<Made, 'folder'>, at: Date): Promise<Made> {
  const folder = join(place, at.toISOString().replaceAll(/[:.]/g, '-'));
  await writeFile(join(unfinished, MARKER), JSON.stringify({ recipe: RECIPE, ...made }));
  await rename(unfinished, folder);
  return { folder, ...made };
}

/** Oldest first. */
async function versionsIn(place: string): Promise<string[]> {
  const names = await readdir(place).catch(() => []);
  return names.filter((name) => /^\d{4}-/.test(name)).sort();
}
