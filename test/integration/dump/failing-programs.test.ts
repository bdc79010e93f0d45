import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { PASSWORD } from '../../support/servers/postgres.ts';
import { shorteningDeadline } from '../../support/world/shortening-deadline.ts';
import { type World, world } from '../../support/world/world.ts';

async function expectNothingLeft({ keys, unfinishedUploads, standInPid }: World) {
  expect(await keys()).toEqual([]);
  expect(await unfinishedUploads()).toEqual([]);
  expect(existsSync(`/proc/${standInPid()}`)).toBe(false);
}

/** The error that a dump fails with, after it was seen to hold no password and to have left nothing. */
async function failureOf(here: World, dumping: Promise<unknown>): Promise<unknown> {
  const error: unknown = await dumping.then(
    () => expect.unreachable('the dump succeeded'),
    (reason) => reason,
  );
  await expectNothingLeft(here);
  expect(`${error} ${JSON.stringify(error)} ${here.log.join('')}`).not.toContain(PASSWORD.slice(0, 6));
  return error;
}

test.each([
  {
    pgDump: 'pg_dump-dies-midway',
    error: { name: 'DumpError', exitCode: 1, hint: expect.stringContaining('closed the connection') },
  },
  { pgDump: 'pg_dump-fails-at-the-end', error: { name: 'DumpError', exitCode: 1 } },
  {
    pgDump: 'pg_dump-is-killed',
    error: { name: 'DumpError', exitCode: null, signal: 'SIGKILL', hint: expect.stringContaining('memory') },
  },
  {
    pgDump: 'pg_dump-writes-nothing',
    error: { name: 'DumpError', problem: expect.stringContaining('empty'), hint: expect.any(String) },
  },
  {
    pgDump: 'pg_dump-writes-garbage',
    error: {
      name: 'DumpError',
      problem: expect.stringContaining('not a custom-format archive'),
      hint: expect.any(String),
    },
  },
])('$pgDump: no object, no manifest, a clear error', async ({ pgDump, error }) => {
  const here = await world({ pgDump });
  await here.sql('CREATE TABLE orders AS SELECT generate_series(1, 1000) AS id');
  expect(await failureOf(here, here.dump())).toMatchObject(error);
});

test('a flood of stderr costs no memory, and its end is in the error', async () => {
  const here = await world({ pgDump: 'pg_dump-floods-stderr' });
  const before = process.resourceUsage().maxRSS;
  const error = await failureOf(here, here.dump());
  expect(String(error)).toMatch(/exited with code 1: … pg_dump: warning: /);
  expect(error).toMatchObject({ exitCode: 1, problem: expect.stringContaining('the disk of the server is full') });
  expect(String(error).length).toBeLessThan(3_000);
  const grownBytes = (process.resourceUsage().maxRSS - before) * 1024;
  expect(grownBytes).toBeLessThan(70_000_000);
});

test.concurrent.each(['pg_dump-hangs', 'pg_dump-ignores-sigterm'])(
  '%s: it is ended before the deadline',
  async (pgDump) => {
    const here = await world({ pgDump });
    // A busy machine may need longer than any deadline until it runs.
    const { deadline, shorten } = shorteningDeadline();
    expect(await failureOf(here, here.dump(undefined, { deadline, onProgress: shorten }))).toMatchObject({
      name: 'ConfigError',
      problem: expect.stringContaining('just before its time limit'),
      hint: expect.stringContaining('DUMP_TIMEOUT'),
    });
  },
);

test.concurrent('the password is in no argument of a running pg_dump, only in its environment', async () => {
  const here = await world({ pgDump: 'pg_dump-hangs' });
  // It runs until it was looked at: a busy machine may need longer than any deadline.
  const { deadline, shorten } = shorteningDeadline();
  let seen = '';
  const onProgress = () => {
    if (seen !== '') return;
    seen = readFileSync(`/proc/${here.standInPid()}/cmdline`, 'utf8');
    shorten();
  };
  await failureOf(here, here.dump(undefined, { deadline, onProgress }));
  expect(seen).toContain('--snapshot=');
  expect(seen).not.toContain(PASSWORD.slice(0, 6));
});
