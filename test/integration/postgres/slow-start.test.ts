import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { embeddedPostgres } from '../../../layers/postgres/places/embedded-installation.ts';
import { type EmbeddedServer, startEmbeddedServer } from '../../../layers/postgres/places/embedded-server.ts';
import { makeScratchFolder } from '../../../layers/postgres/places/scratch-folder.ts';
import { installationThat, ownDrillPlace } from '../../support/world/drill-place.ts';

/** Before the server does, it listens and says nothing, until so many connections were given up. */
const silentFor = (connections: number) => `
  let left = ${connections};
  listen((socket) => socket.on('close', () => --left === 0 && server.close()).resume());`;

/** It cuts the first connection off, and ends at the second. */
const ENDS = `
  let first = true;
  listen((socket) => {
    if (!first) console.error('FATAL:  could not restore file') || process.exit(1);
    first = false;
    socket.destroy();
  });`;

/** A server that does something else first. */
async function startAfter(what: string, startMs?: number): Promise<EmbeddedServer> {
  const { folder, remove } = await makeScratchFolder(ownDrillPlace().folder);
  onTestFinished(remove);
  const before = `
    const [setting] = process.argv.filter((one) => one.startsWith('unix_socket_directories='));
    const server = require('node:net').createServer();
    const listen = (take) => server.on('connection', take).listen(setting.split('=')[1] + '/.s.PGSQL.5432');
    ${what}`;
  const installation = installationThat({ postgres: `'${process.execPath}' -e "${before}" -- "$@" || exit 1` });
  const dataDir = path.join(folder, 'data');
  const login = { host: folder, port: 5432, user: 'postgres', password: 'secret' };
  return startEmbeddedServer({ installation, dataDir, ...login, ...(startMs && { startMs }) });
}

test('a server that is too busy to answer the first connection is asked again', async () => {
  const server = await startAfter(silentFor(1));
  expect(server.version).toMatch(/^\d+\.\d+$/);
  await server.stop();
});

test('one that never answers is given up', async () => {
  await expect(startAfter(silentFor(Number.MAX_SAFE_INTEGER), 500)).rejects.toThrow('timeout expired');
});

test('of one that ends while it is connected to, the reason is what it said last', async () => {
  await expect(startAfter(ENDS)).rejects.toThrow('FATAL:  could not restore file');
});

test('one whose predecessor is dead, but not reaped yet, waits until it is', async () => {
  const { parent, pid, start } = await deadServer();
  const starting = start();
  await expect(start(100)).rejects.toThrow(`process ${pid}, is dead, but nothing has reaped it`);
  parent.kill();
  await (await starting).stop();
});

/** A cluster whose last server is dead, but its parent has not waited for it. */
async function deadServer() {
  const { folder, remove } = await makeScratchFolder(ownDrillPlace().folder);
  onTestFinished(remove);
  const options = {
    dataDir: path.join(folder, 'data'),
    host: folder,
    port: 5432,
    user: 'postgres',
    password: 'secret',
  };
  const installation = embeddedPostgres();
  const first = await startEmbeddedServer({ installation, ...options });
  await first.stop();
  const parent = spawn('sh', ['-c', 'true & echo $!; exec sleep 600'], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void parent.kill());
  const pid = Number(String((await once(parent.stdout, 'data'))[0]));
  await vi.waitFor(async () => expect(await readFile(`/proc/${pid}/stat`, 'utf8')).toContain(') Z'));
  await writeFile(path.join(options.dataDir, 'postmaster.pid'), `${pid}`);
  return {
    parent,
    pid,
    start: (startMs?: number) => startEmbeddedServer({ installation, ...options, ...(startMs && { startMs }) }),
  };
}
