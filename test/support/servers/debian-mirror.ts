import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { findDebianMirrors } from '../../../layers/debian/debian-mirror.ts';
import { testStateDir } from './ceph.ts';

export interface TestMirror {
  readonly url: string;
  /** Paths that were asked for, in order. */
  requests: string[];
  /** Answers instead of the real mirror if it returns true; the default never does. */
  intercept: (path: string, response: ServerResponse) => boolean;
  /** Changes what the real mirror's answer was. */
  tamper: (path: string, body: Buffer) => Buffer;
  /** Refuses connections until it is opened again, at the same address. */
  close(): Promise<void>;
  /** Serves, forgets what was asked for, and behaves. */
  open(): Promise<void>;
}

/** A mirror on this machine, with its security suites beside it, that serves what the machine's real one does, and misbehaves where it is told to. */
export async function startTestMirror(): Promise<TestMirror> {
  const upstream = await findDebianMirrors(process.env.DEBIAN_MIRROR);
  const server = createServer(async (request, response) => {
    const path = request.url ?? '/';
    mirror.requests.push(path);
    if (mirror.intercept(path, response)) return;
    const [, which, rest] = /^\/debian(-security)?(\/.*)$/.exec(path) ?? [];
    const body = rest && (await fetchOnce(`${which ? upstream.security : upstream.main}${rest}`));
    response.statusCode = body ? 200 : 404;
    response.end(body && mirror.tamper(path, body));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const mirror: TestMirror = {
    url: `http://127.0.0.1:${port}/debian`,
    requests: [],
    intercept: () => false,
    tamper: (_path, body) => body,
    async close() {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
    async open() {
      Object.assign(mirror, { requests: [], intercept: () => false, tamper: (_path: string, body: Buffer) => body });
      if (server.listening) return;
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
    },
  };
  return mirror;
}

/** What cannot change is fetched once for all runs; the rest is kept for a day without network. */
async function fetchOnce(url: string): Promise<Buffer | undefined> {
  const dir = join(testStateDir, 'test-mirror');
  await mkdir(dir, { recursive: true });
  const file = join(dir, createHash('sha256').update(url).digest('hex'));
  const kept = await readFile(file).catch(() => undefined);
  if (kept && /\/(by-hash|pool)\//.test(url)) return kept;
  const response = await fetch(url).catch(() => undefined);
  if (!response) return kept;
  if (!response.ok) return undefined;
  const body = Buffer.from(await response.arrayBuffer());
  await writeFile(file, body);
  return body;
}
