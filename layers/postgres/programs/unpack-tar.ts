import { type Owner, startProgram } from './child.ts';
import { feedAll } from './restore-archive.ts';

/**
 * Unpacks a tar archive into a folder as it comes, with the modes that it says. As root, tar runs as the owner, so that
 * all of it is theirs.
 *
 * @throws what the bytes throw; {@link DumpError} with tar's last words if it fails, {@link ConfigError} if it is not there
 */
export async function unpackTar(
  bytes: AsyncIterable<Buffer>,
  folder: string,
  owner: Owner,
  signal: AbortSignal,
): Promise<void> {
  const tar = startProgram(
    {
      program: 'tar',
      args: ['--extract', '--file=-', '--preserve-permissions'],
      ...{ env: {}, cwd: folder },
      ...{ signal, operation: 'unpack into', subject: folder },
      hint: 'see that the disk has room, and that the folder may be written to',
      missingHint: 'install tar',
      ...(process.getuid?.() === 0 && { owner }),
    },
    'pipe',
  );
  try {
    // Also what follows the end of the archive: the bytes are not checked before their last.
    await feedAll(tar, bytes);
    await tar.succeeded;
  } finally {
    await tar.end();
  }
}
