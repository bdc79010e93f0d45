import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { findFreePort } from '../../../events/offline/machine/ports.ts';
import { installCephRgw } from '../../../events/offline/servers/ceph/install.ts';
import { type CephRgw, type CephStart, startCephRgw } from '../../../events/offline/servers/ceph/rgw.ts';
import { testStateDir } from '../../support/servers/ceph.ts';
import { isAlive, kill } from '../../support/servers/processes.ts';

const keys = { accessKey: 'pgvouch-test', secretKey: 'pgvouch-test-secret' };
let root: string;
let dataDir: string;
const started = new Set<CephRgw>();
const owners = new Set<ChildProcess>();

beforeAll(async () => {
  ({ root } = await installCephRgw({ stateDir: testStateDir, mirror: process.env.DEBIAN_MIRROR }));
});

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'pgvouch-ceph-'));
});

afterEach(async () => {
  for (const owner of owners) await end(owner);
  for (const ceph of started) await ceph.kill();
  started.clear();
  owners.clear();
  await rm(dataDir, { recursive: true, force: true });
});

afterAll(() => {
  expect(started.size + owners.size).toBe(0);
});

test('what it stores outlives the gateway, all of its daemons, another inner port and other keys', async () => {
  const first = await start();
  const Bucket = await put(first, 'kept', 'after a crash');
  await expect(start()).rejects.toMatchObject({
    name: 'ConfigError',
    problem: expect.stringMatching(/another process/),
  });

  // The gateway alone is killed, and started again.
  await first.killGateway();
  await expect(get(first, Bucket, 'kept')).rejects.toThrow(/ECONNREFUSED/);
  await first.restartGateway();
  expect(await get(first, Bucket, 'kept')).toBe('after a crash');
  await put(first, 'more', 'into a new bucket');

  // A daemon that ends by itself is told of, with its last words.
  const pids = [...first.pids];
  kill(pids[1]);
  expect(await first.exited).toMatchObject({ daemon: 'ceph-osd', signal: 'SIGKILL', lastLogLine: expect.any(String) });

  // SIGKILL to all of it loses nothing, even when its inner port was taken meanwhile.
  await first.kill();
  for (const pid of pids) expect(isAlive(pid)).toBe(false);
  const { monPort } = await clusterFacts();
  const squatter = createServer().listen(monPort, '127.0.0.1');
  try {
    const second = await start({ port: await findFreePort() });
    expect(await get(second, Bucket, 'kept')).toBe('after a crash');
    expect((await clusterFacts()).monPort).not.toBe(monPort);
    await second.stop();
  } finally {
    squatter.close();
  }

  // Stopped in order it serves the same data again, to new keys alone.
  const third = await start({ accessKey: 'other', secretKey: 'other-secret' });
  await expect(get(third, Bucket, 'kept')).rejects.toMatchObject({ name: 'InvalidAccessKeyId' });
  const access = { accessKeyId: 'other', secretAccessKey: 'other-secret' };
  expect(await get(third, Bucket, 'kept', access)).toBe('after a crash');
});

test('a port in use is one clear sentence, and nothing is started', async () => {
  const squatter = createServer().listen(0, '127.0.0.1');
  await once(squatter, 'listening');
  const address = squatter.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  try {
    await expect(start({ port })).rejects.toMatchObject({
      name: 'ConfigError',
      message: expect.stringMatching(new RegExp(`^start the bucket server on 127.0.0.1:${port}: the port is in use`)),
    });
    await expect(readFile(join(dataDir, 'pids.json'))).rejects.toThrow(/ENOENT/);
  } finally {
    squatter.close();
  }
});

test('a start that is given up leaves nothing running, and the next one succeeds', async () => {
  const abort = new AbortController();
  const reason = new Error('given up');
  const onLog = (line: string) => line.startsWith('formatted') && abort.abort(reason);

  await expect(start({ signal: abort.signal, onLog })).rejects.toBe(reason);

  const pids = JSON.parse(await readFile(join(dataDir, 'pids.json'), 'utf8')) as number[];
  for (const pid of pids) expect(isAlive(pid)).toBe(false);
  await put(await start(), 'kept', 'after all');
});

test('an ordinary user can run it; it dies with its owner, and what a killed owner left is ended by the next', async () => {
  const ordinary = process.getuid?.() === 0 ? 65534 : undefined;
  const { owner, pids, endpoint, uid } = await startOwner(ordinary);
  expect(uid).not.toBe(0);
  const Bucket = await put({ endpoint }, 'mine', 'without rights');

  owner.kill('SIGKILL');
  await once(owner, 'exit');

  await vi.waitFor(() => expect(pids.filter(isAlive)).toEqual([]), { timeout: 30_000 });
  const [leftover, bystander] = [dataDir, 'another directory'].map((of) => spawnWaiting(of, ordinary));
  await writeFile(join(dataDir, 'pids.json'), JSON.stringify([leftover?.pid, bystander?.pid]));
  const heir = await startOwner(ordinary);
  expect(await get(heir, Bucket, 'mine')).toBe('without rights');
  await vi.waitFor(() => expect(leftover?.signalCode).toBe('SIGKILL'), { timeout: 30_000 });
  expect(bystander?.signalCode).toBe(null);

  heir.owner.kill('SIGTERM');
  expect((await once(heir.owner, 'exit'))[0]).toBe(0);
});

/** A process that waits for ever, with a word in its command line. */
function spawnWaiting(word: string, uid: number | undefined): ChildProcess {
  const user = uid === undefined ? {} : { uid, gid: uid };
  const child = spawn('sh', ['-c', 'read never', word], { stdio: ['pipe', 'ignore', 'ignore'], ...user });
  owners.add(child);
  return child;
}

async function start(options: Partial<CephStart> = {}): Promise<CephRgw> {
  const ceph = await startCephRgw({ root, dataDir, port: await findFreePort(), ...keys, ...options });
  started.add(ceph);
  return ceph;
}

interface Owner {
  readonly owner: ChildProcess;
  readonly endpoint: string;
  readonly pids: number[];
  readonly uid: number;
}

async function startOwner(uid?: number): Promise<Owner> {
  const program = [join('node_modules/.bin/tsx'), resolve('test/fixtures/ceph-owner.ts'), root, dataDir];
  const asUser = uid === undefined ? [] : ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
  if (uid !== undefined) await chown(dataDir, uid, uid);
  const [command = '', ...args] = [...asUser, process.execPath, '--import', 'tsx', ...program.slice(1)];
  const env = { PATH: process.env.PATH, HOME: dataDir, TMPDIR: dataDir };
  const owner = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  owners.add(owner);
  const [line] = (await Promise.race([
    once(createInterface({ input: owner.stdout }), 'line'),
    once(owner, 'exit').then(([code]) => Promise.reject(new Error(`the owner ended with ${code}`))),
  ])) as [string];
  return { owner, ...(JSON.parse(line) as Omit<Owner, 'owner'>) };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

async function clusterFacts(): Promise<{ monPort: number }> {
  return JSON.parse(await readFile(join(dataDir, 'cluster.json'), 'utf8')) as { monPort: number };
}

const testKeys = { accessKeyId: keys.accessKey, secretAccessKey: keys.secretKey };

async function withClient<T>(
  { endpoint }: { endpoint: string },
  credentials: typeof testKeys,
  use: (s3: S3Client) => Promise<T>,
): Promise<T> {
  const s3 = new S3Client({ endpoint, region: 'us-east-1', credentials, forcePathStyle: true, maxAttempts: 1 });
  try {
    return await use(s3);
  } finally {
    s3.destroy();
  }
}

/** Into a bucket of its own, whose name it returns. */
function put(server: { endpoint: string }, Key: string, Body: string): Promise<string> {
  return withClient(server, testKeys, async (s3) => {
    const Bucket = `test-${randomUUID()}`;
    await s3.send(new CreateBucketCommand({ Bucket }));
    await s3.send(new PutObjectCommand({ Bucket, Key, Body }));
    return Bucket;
  });
}

function get(
  server: { endpoint: string },
  Bucket: string,
  Key: string,
  access = testKeys,
): Promise<string | undefined> {
  return withClient(server, access, async (s3) => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
    return Body?.transformToString();
  });
}
