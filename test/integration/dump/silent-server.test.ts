import { expect, test } from 'vitest';
import { startTcpProxy } from '../../support/servers/tcp-proxy.ts';
import { sharedPostgres, world } from '../../support/world/world.ts';

test.concurrent.each(['listed', 'exported', 'relisted', 'dumping'])(
  'the network to the server dies without a word (%s): the deadline ends the dump, and nothing is left',
  async (at) => {
    const { target } = await sharedPostgres();
    const proxy = await startTcpProxy(target.port);
    try {
      const here = await world();
      await here.sql('CREATE TABLE orders AS SELECT g AS id, md5(g::text) AS text FROM generate_series(1, 500000) g');
      const dumping = here.dump(undefined, {
        deadlineMs: 4_000,
        target: { port: proxy.port },
        onStep: (step) => {
          if (step === at) proxy.freeze();
        },
        onProgress: () => {
          if (at === 'dumping') proxy.freeze();
        },
      });
      await expect(dumping).rejects.toMatchObject({
        name: 'ConfigError',
        hint: expect.stringContaining('DUMP_TIMEOUT'),
      });
      expect(await here.keys()).toEqual([]);
      expect(await here.unfinishedUploads()).toEqual([]);
    } finally {
      await proxy.end();
    }
  },
);
