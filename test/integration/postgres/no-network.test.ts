import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, onTestFinished, test } from 'vitest';
import { runTool } from '../../../layers/debian/tool.ts';
import { connect } from '../../../layers/postgres/connect/connection.ts';
import { embeddedPostgres } from '../../../layers/postgres/places/embedded-installation.ts';
import { makeScratchFolder } from '../../../layers/postgres/places/scratch-folder.ts';
import { startScratchServer } from '../../../layers/postgres/places/scratch-server.ts';
import { sharedPostgres } from '../../support/world/world.ts';

const mayUnshare = async () => (await runTool('unshare', ['--net', 'true'])).exitCode === 0;

test('a scratch server has no network: what runs in it reaches nobody, not even on this machine', async ({ skip }) => {
  skip(!(await mayUnshare()), 'this machine lets nobody make network namespaces');
  const { target: other } = await sharedPostgres();
  const parent = mkdtempSync(`${tmpdir()}/pgvouch-alone-`);
  onTestFinished(() => rmSync(parent, { recursive: true, force: true }));
  const { folder, remove } = await makeScratchFolder(parent);
  const { signal } = new AbortController();
  const server = await startScratchServer({ installation: embeddedPostgres(), folder, jobs: 1, signal });
  try {
    const client = await connect(server.target, 'postgres', 'test');
    try {
      await client.query('CREATE EXTENSION dblink; CREATE TABLE seen (line text)');
      await client.query(`COPY seen FROM PROGRAM 'cat /proc/net/dev'`);
      const { rows } = await client.query(
        `SELECT btrim(split_part(line, ':', 1)) AS name FROM seen WHERE line LIKE '%:%'`,
      );
      expect(rows).toEqual([{ name: 'lo' }]);
      const reach = client.query(`SELECT dblink_connect('host=${other.host} port=${other.port} user=postgres')`);
      await expect(reach).rejects.toMatchObject({ detail: expect.stringContaining('unreachable') });
    } finally {
      await client.end();
    }
  } finally {
    await server.end();
    remove();
  }
});
