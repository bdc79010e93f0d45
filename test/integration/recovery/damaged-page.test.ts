import { closeSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Vault } from '../../../layers/vault/vault.ts';
import { baseWorld } from '../../support/world/base-world.ts';
import { recoveryWorld } from '../../support/world/recovery-world.ts';
import { startStoredCluster, storeBase, storeWal } from '../../support/world/stored-cluster.ts';
import { freshVault } from '../../support/world/world-vault.ts';

let vault: Vault;
let stored: Awaited<ReturnType<typeof startStoredCluster>>;

beforeAll(async () => {
  ({ vault } = await freshVault());
  stored = await startStoredCluster(vault);
});
afterAll(() => stored?.postgres.end());

test('a page that is damaged in the server itself: base refuses it, and a drill of a copy finds it', async () => {
  const { postgres, cluster, server } = stored;
  await postgres.sql('postgres', 'INSERT INTO rows SELECT generate_series(1, 1000)');
  await postgres.sql('postgres', 'CHECKPOINT');
  const [row] = await postgres.sql<{ file: string }>('postgres', `SELECT pg_relation_filepath('rows') AS file`);
  const file = openSync(path.join(server.dataDir, row?.file ?? ''), 'r+');
  writeSync(file, Buffer.from('damage'), 0, 6, 8_000);
  closeSync(file);

  const here = await baseWorld(postgres, vault);
  await expect(here.take()).rejects.toMatchObject({
    name: 'DumpError',
    problem: expect.stringMatching(/checksum verification failure .*in file "\.\/base.*block 0/),
    hint: expect.stringContaining('pg_amcheck'),
  });
  expect((await here.bases()).filter((key) => key.endsWith('base.json'))).toHaveLength(1);

  await storeBase(vault, cluster, server);
  await postgres.sql('postgres', 'CREATE TABLE later ()');
  await storeWal(vault, cluster, server);
  const { drill, verdict } = recoveryWorld(vault, cluster);
  await expect(drill()).rejects.toThrow('unrestorable');
  expect(await verdict()).toMatchObject({
    verdict: 'unrestorable',
    reasons: [expect.stringMatching(/^Table .*rows.* of "postgres" is damaged: .*page/)],
  });
});
