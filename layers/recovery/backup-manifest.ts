import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { mapBounded } from '../backup/map-bounded.ts';

/** What PostgreSQL writes of each file of a base backup. */
interface ManifestFile {
  readonly Path?: string;
  /** Hexadecimal, where the name is no UTF-8. */
  readonly 'Encoded-Path'?: string;
  readonly Size: number;
  readonly 'Checksum-Algorithm'?: string;
  readonly Checksum?: string;
}

export interface ManifestCheck {
  /** Files whose size and checksum are as the manifest says. */
  readonly files: number;
  /** What is wrong, each a sentence. */
  readonly problems: readonly string[];
}

const FILES_AT_ONCE = 2;
/** What pgvouch writes anew, and what pg_verifybackup passes over, too. */
const PASSED_OVER = ['tablespace_map', 'postgresql.auto.conf', 'recovery.signal', 'standby.signal'];

/**
 * Compares the files of a base backup with the server's own backup_manifest, as pg_verifybackup does: each is there, has
 * its size, and its SHA checksum. The WAL is left to recovery, which reads every record.
 *
 * @param tablespaces - the folder of each tablespace, by its oid
 * @see https://www.postgresql.org/docs/current/backup-manifest-format.html
 */
export async function checkBackupManifest(
  text: string,
  dataDir: string,
  tablespaces: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<ManifestCheck> {
  const manifest = parse(text);
  if (manifest === undefined) return { files: 0, problems: ['The backup_manifest is not what PostgreSQL wrote.'] };
  const listed = manifest.filter((file) => !PASSED_OVER.includes(nameOf(file)));
  const problems = await mapBounded(listed, FILES_AT_ONCE, async (file) => {
    signal.throwIfAborted();
    return problemOf(file, placeOf(nameOf(file), dataDir, tablespaces));
  });
  const found = problems.filter((problem) => problem !== undefined);
  return { files: listed.length - found.length, problems: found };
}

/** @returns undefined if it is none, or its own checksum is wrong */
function parse(text: string): readonly ManifestFile[] | undefined {
  const end = text.lastIndexOf('"Manifest-Checksum"');
  try {
    const { Files: files, 'Manifest-Checksum': said } = JSON.parse(text) as {
      Files?: ManifestFile[];
      'Manifest-Checksum'?: string;
    };
    const found = createHash('sha256').update(text.slice(0, end)).digest('hex');
    return Array.isArray(files) && said === found ? files : undefined;
  } catch {
    return undefined;
  }
}

function nameOf({ Path: plain, 'Encoded-Path': encoded = '' }: ManifestFile): string {
  return plain ?? Buffer.from(encoded, 'hex').toString('latin1');
}

function placeOf(name: string, dataDir: string, tablespaces: ReadonlyMap<string, string>): string {
  const [, oid = '', rest = ''] = /^pg_tblspc\/(\d+)\/(.*)$/.exec(name) ?? [];
  const tablespace = tablespaces.get(oid);
  return tablespace === undefined ? path.join(dataDir, name) : path.join(tablespace, rest);
}

async function problemOf(file: ManifestFile, place: string): Promise<string | undefined> {
  const found = await stat(place).catch(() => undefined);
  const name = nameOf(file);
  if (found === undefined) return `The base backup lacks the file ${name}.`;
  if (found.size !== file.Size) return `The file ${name} has ${found.size} bytes; the server wrote ${file.Size}.`;
  const algorithm = /^SHA(224|256|384|512)$/.exec(file['Checksum-Algorithm'] ?? '')?.[1];
  // Of another kind only the size is known.
  if (algorithm === undefined) return undefined;
  const hash = createHash(`sha${algorithm}`);
  for await (const chunk of createReadStream(place)) hash.update(chunk);
  return hash.digest('hex') === file.Checksum ? undefined : `The file ${name} is not what the server wrote.`;
}
