import { lchown, mkdir, readdir, stat, symlink } from 'node:fs/promises';
import path from 'node:path';
import { programText } from '../postgres/programs/child.ts';
import type { StoredBase } from '../wal/stored-base.ts';
import { type BringDeps, bringBase } from './bring-base.ts';
import { type Place, preparePlace } from './data-directory.ts';

/** From this major on files can be linked into what is put together, instead of being copied. */
const LINKS_FROM_MAJOR = 18;

/**
 * Puts a full base backup and its increments together in the data directory. Until then they are unpacked beside it, one
 * folder each; that is removed in any case.
 *
 * @param chain - the full one first
 * @param folders - by the file of the last one's tablespace, where it is to be
 * @throws {@link ConfigError} if the disk is short or there is no pg_combinebackup of the major, {@link DumpError} if it
 * fails, {@link VaultError} if something is not what was stored
 * @see https://www.postgresql.org/docs/current/app-pgcombinebackup.html
 */
export async function bringChain(
  deps: BringDeps,
  chain: readonly StoredBase[],
  folders: ReadonlyMap<string, string>,
  main: Place,
  signal: AbortSignal,
): Promise<void> {
  const [full, last] = [chain[0], chain.at(-1)];
  if (full === undefined || last === undefined) throw new Error('a chain has a beginning');
  const { major } = last.base.server;
  const program = await deps.combineProgram(major);
  const links = major >= LINKS_FROM_MAJOR;
  const unpackedBytes = chain.reduce((sum, { base }) => sum + base.contentBytes, 0);
  const stage = await preparePlace(stageOf(main.folder), unpackedBytes + (links ? 0 : full.base.contentBytes));
  try {
    const parts: string[] = [];
    for (const [index, stored] of chain.entries())
      parts.push(await unpackPart(deps, stored, stage, index, main, signal));
    const moved = last.base.tablespaces.flatMap(({ oid, file }) =>
      oid === undefined
        ? []
        : [tablespaceMapping(linkedFolder(stage.folder, chain.length - 1, oid), folders.get(file) ?? '')],
    );
    const isOneDisk = (await stat(stage.folder)).dev === (await stat(main.folder)).dev;
    await programText({
      program,
      args: [
        ...['--manifest-checksums=SHA256', ...(links && isOneDisk && moved.length === 0 ? ['--link'] : []), ...moved],
        ...[`--output=${main.folder}`, ...parts],
      ],
      env: {},
      ...{ signal, operation: 'put increments together in', subject: main.folder },
      hint: 'see that the disk has room: until they are put together, all of them are beside that folder',
    });
    if (process.getuid?.() === 0) await giveTo(main, [...folders.values()]);
  } finally {
    await stage.clear();
  }
}

/** Beside the data directory. */
export function stageOf(dataDir: string): string {
  return `${dataDir}.increments`;
}

/** Where a tablespace of one of the chain is unpacked: pg_combinebackup finds it through a link. */
export function linkedFolder(stage: string, index: number, oid: string): string {
  return path.join(stage, `${index}.tablespaces`, oid);
}

/** An argument of pg_combinebackup. */
export function tablespaceMapping(from: string, to: string): string {
  return `--tablespace-mapping=${[from, to].map((folder) => folder.replaceAll('=', '\\=')).join('=')}`;
}

async function unpackPart(
  deps: BringDeps,
  stored: StoredBase,
  stage: Place,
  index: number,
  { uid, gid }: Place,
  signal: AbortSignal,
): Promise<string> {
  const folder = path.join(stage.folder, String(index));
  const places = new Map<string, string>();
  for (const { file, oid } of stored.base.tablespaces) {
    const place = oid === undefined ? folder : linkedFolder(stage.folder, index, oid);
    await mkdir(place, { recursive: true, mode: 0o700 });
    places.set(file, place);
    // tar runs as the owner.
    if (process.getuid?.() === 0) {
      for (const made of [stage.folder, path.dirname(place), place]) await lchown(made, uid, gid);
    }
  }
  await bringBase(deps, stored, places, { folder, uid, gid, clear: stage.clear }, signal);
  for (const { oid } of stored.base.tablespaces) {
    if (oid !== undefined) await symlink(linkedFolder(stage.folder, index, oid), path.join(folder, 'pg_tblspc', oid));
  }
  return folder;
}

/** With all that is in them. Only root may. */
async function giveTo({ uid, gid }: Place, folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    await lchown(folder, uid, gid);
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      await lchown(path.join(entry.parentPath, entry.name), uid, gid);
    }
  }
}
