import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterEach, expect, test, vi } from 'vitest';
import { childrenOf, killDescendants } from '../../../events/host/descendants.ts';
import { isAlive } from '../../support/servers/processes.ts';

const started: ChildProcess[] = [];

afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

test('children and grandchildren are killed, the process itself and what is spared are not', async () => {
  const parent = spawn('sh', ['-c', 'sleep 1000 & sh -c "sleep 2000 & echo; wait" & tail -f /dev/null & wait'], {
    stdio: 'pipe',
  });
  started.push(parent);
  await once(createInterface({ input: parent.stdout }), 'line');
  const pid = parent.pid ?? 0;
  await vi.waitFor(() => expect(namesOf(pid)).toEqual(['sh', 'sleep', 'tail']), 30_000);
  const [spared] = childrenOf(pid).filter(({ name }) => name === 'tail');
  const others = childrenOf(pid).filter(({ name }) => name !== 'tail');
  const grandchildren = others.flatMap((child) => childrenOf(child.pid));
  expect(grandchildren).toMatchObject([{ name: 'sleep' }]);

  killDescendants(pid, ({ name }) => name === 'tail');

  await vi.waitFor(
    () => expect([...others, ...grandchildren].filter((child) => isAlive(child.pid))).toEqual([]),
    30_000,
  );
  expect(isAlive(spared?.pid)).toBe(true);
  expect(isAlive(pid)).toBe(true);
  killDescendants(pid);
  await once(parent, 'exit');
  expect(isAlive(spared?.pid)).toBe(false);
});

function namesOf(pid: number): string[] {
  return childrenOf(pid)
    .map(({ name }) => name)
    .sort();
}
