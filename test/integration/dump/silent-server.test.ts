import { describe, expect, test } from 'vitest';
import { startTcpProxy } from '../../support/servers/tcp-proxy.ts';
import { shorteningDeadline } from '../../support/world/shortening-deadline.ts';
import { sharedPostgres, world } from '../../support/world/world.ts';

test.concurrent.each(['listed', 'exported', 'relisted', 'dumping'])(
  'the network to the server dies without a word (%s): the deadline ends the dump, and nothing is left',
  async (at) => {
    const { target } = await sharedPostgres();
    const proxy = await startTcpProxy(target.port);
    try {
      const here = await world();
      // So many that pg_dump is still busy with them when its first bytes come.
      const rows = at === 'dumping' ? 500_000 : 10;
      await here.sql(`CREATE TABLE orders AS SELECT g AS id, md5(g::text) AS text FROM generate_series(1, ${rows}) g`);
      const { deadline, shorten } = shorteningDeadline();
      const freeze = () => {
        proxy.freeze();
        shorten();
      };
      const dumping = here.dump(undefined, {
        ...{ deadline, target: { port: proxy.port } },
        onStep: (step) => {
          if (step === at) freeze();
        },
        onProgress: () => {
          if (at === 'dumping') freeze();
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

describe('something in between', () => {
  const QUICK = { everyMs: 200, answerMs: 1_500 };
  /** A busy machine may take seconds for an answer. */
  const PATIENT = { everyMs: 200, answerMs: 60_000 };
  const SILENT = { everyMs: 600_000, answerMs: 600_000 };
  const givenUp = {
    name: 'DumpError',
    operation: 'hold the snapshot of',
    hint: expect.stringContaining('drops idle connections'),
  };

  /** A dump through a proxy, which is handed over once the archive comes. */
  async function dumpThrough({ pgDump, heartbeat, cutIdleMs = 0, freezes = false }: Through) {
    const { target } = await sharedPostgres();
    const proxy = await startTcpProxy(target.port, { cutIdleMs });
    const here = await world({ pgDump });
    await here.sql('CREATE TABLE orders AS SELECT g AS id FROM generate_series(1, 10) g; CREATE SEQUENCE numbers');
    const onProgress = () => {
      if (freezes) proxy.freeze();
    };
    const manifest = await here
      .dump(undefined, { target: { port: proxy.port, heartbeat }, onProgress })
      .finally(() => proxy.end());
    return { here, manifest };
  }

  interface Through {
    readonly pgDump: string;
    readonly heartbeat: typeof QUICK;
    readonly cutIdleMs?: number;
    readonly freezes?: boolean;
  }

  test.concurrent('that cuts idle connections: those that wait say something, and the backup is whole', async () => {
    const { here, manifest } = await dumpThrough({ pgDump: 'pg_dump-lingers', heartbeat: PATIENT, cutIdleMs: 2_500 });
    expect(manifest.sequences).toMatchObject([{ name: 'numbers', after: { lastValue: '1' } }]);
    expect(await here.keys()).toHaveLength(3);
  });

  test.concurrent('that cuts one: the dump fails there and then, and says what may do so', async () => {
    const cut = dumpThrough({ pgDump: 'pg_dump-hangs', heartbeat: SILENT, cutIdleMs: 1_500 });
    await expect(cut).rejects.toMatchObject(givenUp);
  });

  test.concurrent('that lets nothing pass any more: given up in seconds, long before the deadline', async () => {
    const frozen = dumpThrough({ pgDump: 'pg_dump-hangs', heartbeat: QUICK, freezes: true });
    await expect(frozen).rejects.toMatchObject({ ...givenUp, problem: 'the server did not answer for 1.5 s' });
  });
});
