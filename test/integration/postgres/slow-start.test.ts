import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type EmbeddedServer, startEmbeddedServer } from '../../../layers/postgres/places/embedded-server.ts';
import { makeScratchFolder } from '../../../layers/postgres/places/scratch-folder.ts';
import { installationThat, ownDrillPlace } from '../../support/world/drill-place.ts';

/** Before the server does, it listens and says nothing, until so many connections were given up. */
async function startAfter(connections: number, startMs?: number): Promise<EmbeddedServer> {
  const { folder, remove } = await makeScratchFolder(ownDrillPlace().folder);
  onTestFinished(remove);
  const silent = `
    const [setting] = process.argv.filter((one) => one.startsWith('unix_socket_directories='));
    let left = ${connections};
    const server = require('node:net').createServer((socket) => {
      socket.on('close', () => --left === 0 && server.close()).resume();
    });
    server.listen(setting.split('=')[1] + '/.s.PGSQL.5432');`;
  const installation = installationThat({ postgres: `'${process.execPath}' -e "${silent}" -- "$@"` });
  const dataDir = path.join(folder, 'data');
  const login = { host: folder, port: 5432, user: 'postgres', password: 'secret' };
  return startEmbeddedServer({ installation, dataDir, ...login, ...(startMs && { startMs }) });
}

test('a server that is too busy to answer the first connection is asked again', async () => {
  const server = await startAfter(1);
  expect(server.version).toMatch(/^\d+\.\d+$/);
  await server.stop();
});

test('one that never answers is given up', async () => {
  await expect(startAfter(Number.MAX_SAFE_INTEGER, 500)).rejects.toThrow('timeout expired');
});
