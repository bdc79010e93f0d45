import { createHash, randomUUID } from 'node:crypto';
import type { Manifest } from '../../../layers/backup/manifest.ts';
import { libpqEnvironment } from '../../../layers/postgres/connect/connection.ts';
import { archiveOf, restore, rowsInArchive, rowsInManifest } from '../../support/world/archive.ts';
import { contentOf, type Place } from './place.ts';

/**
 * Looks for what is wrong with a backup without asking any code of ours: its bytes are hashed, stock pg_restore decodes
 * them, and the rows in it are counted.
 *
 * @param restored - whether it must also restore, with every row
 * @returns what is wrong, as the end of a sentence; undefined if nothing is
 */
export async function disprove(place: Place, manifest: Manifest, restored: boolean): Promise<string | undefined> {
  const { vault } = place;
  const globals = await vault.getText(manifest.globals.key);
  if (globals === undefined || sha256(Buffer.from(globals)) !== manifest.globals.sha256) {
    return 'its globals are not what the manifest says';
  }
  const archive = await archiveOf(vault, manifest);
  if (archive.length !== manifest.archive.sizeBytes || sha256(archive) !== manifest.archive.sha256) {
    return 'its archive is not what the manifest says';
  }
  try {
    const found = Object.fromEntries(await rowsInArchive(archive));
    const differs = difference(found, Object.fromEntries(rowsInManifest(manifest)));
    if (differs) return `in its archive ${differs}`;
    return restored ? await restoredDifference(place, manifest, archive) : undefined;
  } catch (error) {
    return `stock pg_restore cannot read it: ${error}`;
  }
}

async function restoredDifference(
  { postgres }: Place,
  manifest: Manifest,
  archive: Buffer,
): Promise<string | undefined> {
  const copy = `restored_${randomUUID().slice(0, 8)}`;
  await postgres.createDatabase(copy);
  try {
    await restore(archive, libpqEnvironment(postgres.target, copy));
    const counted: Record<string, number> = {};
    for (const { schema, name } of manifest.tables) {
      const [row] = await postgres.sql<{ rows: string }>(copy, `SELECT count(*) AS rows FROM "${schema}"."${name}"`);
      counted[`${schema}.${name}`] = Number(row?.rows);
    }
    const differs = difference(counted, Object.fromEntries(rowsInManifest(manifest)));
    if (differs) return `restored ${differs}`;
    // Nothing in a campaign changes an order: what each holds follows from its number.
    const wrong = await postgres.sql(
      copy,
      `SELECT FROM orders WHERE content IS DISTINCT FROM (${contentOf('id', 'length(content) / 64')})`,
    );
    return wrong.length > 0 ? `restored ${wrong.length} orders hold something else` : undefined;
  } finally {
    await postgres.sql('postgres', `DROP DATABASE "${copy}" WITH (FORCE)`);
  }
}

function difference(found: Record<string, number>, promised: Record<string, number>): string | undefined {
  for (const table of new Set([...Object.keys(found), ...Object.keys(promised)])) {
    if (found[table] === promised[table]) continue;
    return `${table} has ${found[table] ?? 'no'} rows where the manifest says ${promised[table] ?? 'nothing of it'}`;
  }
  return undefined;
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
