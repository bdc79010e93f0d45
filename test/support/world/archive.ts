import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Manifest } from '../../../layers/backup/manifest.ts';
import type { Vault } from '../../../layers/vault/vault.ts';
import { clientBin } from './client-folder.ts';

const NAME = '(?:"(?:[^"]|"")+"|[^\\s".]+)';
const COPY = new RegExp(`^COPY (${NAME})\\.(${NAME}) [^]*?FROM stdin;\\n([^]*?)^\\\\\\.$`, 'gm');

/** The rows that an archive really holds, by `schema.table`: pg_restore writes it out as SQL, and its lines are counted. */
export async function rowsInArchive(archive: Uint8Array, major = 18): Promise<Map<string, number>> {
  return withFile(archive, async (file) => {
    const { stdout } = await promisify(execFile)(path.join(clientBin(major), 'pg_restore'), ['--file=-', file], {
      maxBuffer: 2 ** 30,
      env: {},
    });
    return new Map(
      Array.from(stdout.matchAll(COPY), ([, schema = '', name = '', body = '']) => [
        tableId({ schema: unquoted(schema), name: unquoted(name) }),
        body.split('\n').length - 1,
      ]),
    );
  });
}

/** Restores an archive into an empty database, whose owners need not exist, by the programs of a folder. */
export async function restore(
  archive: Uint8Array,
  env: Record<string, string>,
  programs = clientBin(18),
): Promise<void> {
  await withFile(archive, async (file) => {
    const args = ['--no-owner', '--exit-on-error', '--dbname=', file];
    await promisify(execFile)(path.join(programs, 'pg_restore'), args, { env });
  });
}

/** The rows that a manifest promises, in the same form as {@link rowsInArchive}. */
export function rowsInManifest({ tables }: Pick<Manifest, 'tables'>): Map<string, number> {
  return new Map(tables.map((table) => [tableId(table), table.rows]));
}

export async function archiveOf(vault: Vault, { archive }: Pick<Manifest, 'archive'>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of (await vault.getBytes(archive.key)) ?? []) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function tableId({ schema, name }: { readonly schema: string; readonly name: string }): string {
  return `${schema}.${name}`;
}

function unquoted(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
}

async function withFile<T>(bytes: Uint8Array, use: (file: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'pgvouch-archive-'));
  try {
    const file = path.join(folder, 'archive.dump');
    await writeFile(file, bytes);
    return await use(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
