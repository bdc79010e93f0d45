import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import pino from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Outcome } from '../../../events/host/invoker.ts';
import { beginWhenWell, findPrograms } from '../../../events/serve/begin.ts';
import { checkServers, type ServedServer } from '../../../events/serve/config.ts';
import type { SetUpEvent } from '../../../events/serve/set-up.ts';

const PATIENCE = { timeout: 30_000, interval: 20 };
const well: Outcome = {
  answer: { description: 'all is well', remarks: ['but old'], env: { PG_CLIENT_DIR: '/there' } },
};
const ill: Outcome = {
  failure: { errorType: 'ConfigError', errorMessage: 'reach PostgreSQL: wrong password', trace: [] },
};

let listening: Server;
let port: number;
let ending: AbortController;
let lines: Record<string, unknown>[];
let looked: SetUpEvent['part'][];
let outcomes: Partial<Record<SetUpEvent['part'], Outcome[]>>;

beforeEach(async () => {
  listening = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  port = (listening.address() as AddressInfo).port;
  ending = new AbortController();
  lines = [];
  looked = [];
  outcomes = {};
});

afterEach(() => {
  ending.abort();
  listening.close();
});

/** Begins with stand-ins for the processes and the background, and with a server that takes connections. */
function begin({ postgresPort = port, patienceMs = 60_000 } = {}) {
  const env = {
    ...{
      POSTGRES_HOST: '127.0.0.1',
      POSTGRES_PORT: String(postgresPort),
      POSTGRES_USER: 'backup',
      POSTGRES_DB: 'shop',
    },
    ...{ MINIO_ENDPOINT: `http://127.0.0.1:${port}`, MINIO_ACCESS_KEY: 'a', MINIO_SECRET_KEY: 'b' },
  };
  const { config } = checkServers([{ name: undefined, env }])[0] as ServedServer;
  const found: string[] = [];
  const begun = vi.fn(() => ({
    takeUp: [],
    drop: [],
    dump: ['shop'],
    find: [],
    look: true,
    retention: false,
    base: false,
    recovery: false,
    refresh: [],
  }));
  const looking = {
    ...{ config, signal: ending.signal },
    log: pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) }),
    async setUp({ part }: SetUpEvent) {
      looked.push(part);
      return outcomes[part]?.shift() ?? well;
    },
  };
  const programs = findPrograms(looking);
  const done = beginWhenWell({
    ...{ ...looking, programs, left: [], patienceMs, onFound: (part) => found.push(part) },
    background: { begin: begun, next: () => ({ dump: null, verify: null, retention: null }) },
  });
  return { done, found, begun, programs };
}

test('when everything is there it begins, and the log says what was found', async () => {
  const { done, found, begun, programs } = begin();
  await done;
  expect([...found].sort()).toEqual(['bucket', 'database']);
  expect(await programs).toMatchObject({ env: { PG_CLIENT_DIR: '/there' } });
  expect(begun).toHaveBeenCalledOnce();
  expect(lines).toContainEqual(expect.objectContaining({ part: 'bucket', remark: 'but old' }));
  expect(lines.at(-1)).toMatchObject({ msg: 'pgvouch is running', dumps: ['shop'] });
});

test('a wrong password is said at once, and waited for', async () => {
  outcomes = { database: [ill] };
  const { done, begun } = begin();
  await vi.waitFor(() => expect(looked).toContain('database'), PATIENCE);
  expect(begun).not.toHaveBeenCalled();
  await done;
  expect(lines).toContainEqual(
    expect.objectContaining({ part: 'database', problem: 'reach PostgreSQL: wrong password', againInS: 1 }),
  );
  expect(looked.filter((part) => part === 'database')).toHaveLength(2);
  expect(begun).toHaveBeenCalledOnce();
});

test('after a while it begins without what is missing, and goes on looking', async () => {
  const { done, begun, found } = begin({ postgresPort: 1, patienceMs: 300 });
  await done;
  expect(begun).toHaveBeenCalledOnce();
  expect(lines).toContainEqual(
    expect.objectContaining({ part: 'database', problem: expect.stringMatching(/ECONNREFUSED/) }),
  );
  expect(lines).toContainEqual(expect.objectContaining({ msg: expect.stringContaining('waited for no longer') }));
  expect(found).not.toContain('database');
  // Nothing is started for a server that takes no connections.
  expect(looked).not.toContain('database');
});

test('if it ends meanwhile, it begins nothing', async () => {
  const { done, begun } = begin({ postgresPort: 1 });
  await vi.waitFor(() => expect(lines).toContainEqual(expect.objectContaining({ part: 'database' })), PATIENCE);
  ending.abort();
  await done;
  expect(begun).not.toHaveBeenCalled();
});
