import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { openInlet } from '../../../layers/postgres/programs/inlet.ts';
import { programBytes } from '../../../layers/postgres/programs/program-bytes.ts';
import { kill } from '../../support/servers/processes.ts';

const shell = (script: string, signal?: AbortSignal) =>
  programBytes({
    ...{ program: '/bin/sh', args: ['-c', script], env: {}, operation: 'run', subject: 'a script' },
    ...(signal && { signal }),
  });

test.each([1, 1_000, 65_537, 1_000_000, 5_000_000])(
  'memory of %i bytes is filled again and again with what a program writes',
  async (sizeBytes) => {
    const script = sizeBytes < 1_000 ? 'seq 1 200' : 'seq 1 200000';
    const program = shell(script);
    const filled: Buffer[] = [];
    const seen: Buffer[] = [];
    for (let target = Buffer.alloc(sizeBytes); ; ) {
      const length = await program.fill(target, (bytes) => seen.push(Buffer.from(bytes)));
      filled.push(Buffer.from(target.subarray(0, length)));
      if (length < sizeBytes) break;
    }
    await program.end();
    const written = execFileSync('/bin/sh', ['-c', script], { maxBuffer: 2 ** 24 });
    expect(Buffer.concat(filled).equals(written)).toBe(true);
    expect(Buffer.concat(seen).equals(written)).toBe(true);
  },
);

test('a program that fails after it wrote never ends well, however little room there is', async () => {
  const program = shell('printf 12345; exit 3');
  expect(await program.fill(Buffer.alloc(5), () => {})).toBe(5);
  await expect(program.fill(Buffer.alloc(5), () => {})).rejects.toMatchObject({ name: 'DumpError', exitCode: 3 });
  await program.end();
});

test('why a program failed is heard, however long a line comes after it', async () => {
  const program = shell('echo out of shared memory >&2; seq -s , 20000 >&2; echo the end >&2; exit 1');
  await expect(program.fill(Buffer.alloc(5), () => {})).rejects.toMatchObject({
    problem: expect.stringMatching(/^sh exited with code 1: out of shared memory\n1,2,3,[\d,]{600,800} …\nthe end$/),
    hint: expect.stringContaining('max_locks_per_transaction'),
  });
  await program.end();
});

test('a program that is killed while another holds its output open is not waited for', async () => {
  const stop = new AbortController();
  const program = shell('sleep 600 & echo $!; wait', stop.signal);
  const pid = Buffer.alloc(20);
  let said = 0;
  const filling = program.fill(pid, (bytes) => {
    said += bytes.length;
    stop.abort(new Error('stopped'));
  });
  await expect(filling).rejects.toThrow('stopped');
  await program.end();
  kill(Number(pid.toString('latin1', 0, said)));
});

test('who connects without the secret is turned away', async () => {
  const names = (): string[] => readFileSync('/proc/net/unix', 'utf8').match(/@pgvouch-[0-9a-f-]{36}/g) ?? [];
  const before = names();
  const opening = openInlet();
  const [name = ''] = names().filter((one) => !before.includes(one));
  const stranger = connect(`\0${name.slice(1)}`);
  stranger.on('error', () => {});
  stranger.write(Buffer.alloc(32));
  const heard: Buffer[] = [];
  stranger.on('data', (bytes) => heard.push(bytes));
  const gone = once(stranger, 'close');
  const { inlet, outlet } = await opening;
  outlet.end('for our own side');
  const target = Buffer.alloc(100);
  const length = await inlet.fill(target, () => {});
  expect(target.toString('latin1', 0, length)).toBe('for our own side');
  await gone;
  expect(Buffer.concat(heard)).toHaveLength(0);
});
