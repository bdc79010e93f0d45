import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { ConfigError } from '../../backup/errors.ts';

/** Who is to have files; nothing changes it but root. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Unpacks a tar archive into a folder as it comes, with the modes that it says. As root, tar runs as the owner, so that
 * all of it is theirs.
 *
 * @throws what the bytes throw; {@link ConfigError} with tar's last words if it fails or is not there
 */
export async function unpackTar(
  bytes: NodeJS.ReadableStream,
  folder: string,
  owner: Owner,
  signal: AbortSignal,
): Promise<void> {
  const child = spawn('tar', ['--extract', '--file=-', '--preserve-permissions', `--directory=${folder}`], {
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C' },
    stdio: ['pipe', 'ignore', 'pipe'],
    ...(process.getuid?.() === 0 && owner),
  });
  const said: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk.toString()));
  const closed = once(child, 'close').then(([code]) => {
    if (code !== 0) throw failed(folder, said.join('').trim().split('\n').at(-1) || `it ended with ${code}`);
  });
  const failedToStart = once(child, 'error').then(([error]) => {
    throw failed(folder, 'tar cannot be run', error);
  });
  failedToStart.catch(() => {});
  const [fed, ended] = await Promise.allSettled([
    pipeline(bytes, child.stdin, { signal }).catch((error) => {
      child.kill('SIGKILL');
      throw error;
    }),
    Promise.race([closed, failedToStart]),
  ]);
  signal.throwIfAborted();
  // tar that ends early breaks the pipe; a stream that fails is why tar was killed.
  const ofPipe = fed.status === 'rejected' && (fed.reason as NodeJS.ErrnoException).code;
  if (fed.status === 'rejected' && ofPipe !== 'EPIPE' && ofPipe !== 'ERR_STREAM_PREMATURE_CLOSE') throw fed.reason;
  if (ended.status === 'rejected') throw ended.reason;
}

function failed(folder: string, problem: string, cause?: unknown): ConfigError {
  const hint = 'see that the disk has room, and that the folder may be written to';
  return new ConfigError({ operation: 'unpack into', subject: folder, problem, hint, cause });
}
