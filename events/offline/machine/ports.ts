import { once } from 'node:events';
import { createServer } from 'node:net';
import { ConfigError } from '../../../layers/backup/errors.ts';

/**
 * Makes sure, before anything is started, that our server can listen there.
 *
 * @throws {@link ConfigError} if somebody else does, or we may not
 */
export async function claimPort(port: number, what: string, hint: string): Promise<void> {
  const refusal = await tryPort(port);
  if (refusal === undefined) return;
  const problem =
    refusal === 'EADDRINUSE' ? 'the port is in use by another program' : `the port is refused: ${refusal}`;
  throw new ConfigError({ operation: `start ${what} on`, subject: `127.0.0.1:${port}`, problem, hint });
}

export async function isPortFree(port: number): Promise<boolean> {
  return (await tryPort(port)) === undefined;
}

/** A port that nobody listens on now, outside of the range that the kernel takes outgoing connections' ports from. */
export async function findFreePort(): Promise<number> {
  for (;;) {
    const port = 18_000 + Math.floor(Math.random() * 14_000);
    if (await isPortFree(port)) return port;
  }
}

async function tryPort(port: number): Promise<string | undefined> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
  server.close();
  await once(server, 'close');
  return undefined;
}
