import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

/** As whoever has no rights here: only root may run these tests. */
function runAsSomebody(env: Readonly<Record<string, string>>) {
  const { uid, gid } = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  // Node loads the configuration itself: Vite's bundle of it would be written into a folder of somebody else.
  const args = [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--config',
    'vitest.container.config.ts',
    '--configLoader',
    'runner',
  ];
  const more = { PATH: process.env.PATH ?? '', HOME: '/nonexistent', ...env };
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { uid, gid, env: more, encoding: 'utf8' });
  return { status, stdout, stderr };
}

test('where podman cannot run, the container tests say so in one line, and fail', () => {
  expect(runAsSomebody({})).toEqual({
    ...{ status: 1, stdout: '' },
    stderr:
      'container tests cannot run: only root may set limits of memory and processors here. CONTAINER_TESTS=skip goes on without them.\n',
  });
});

test('whoever skips them reads that they were skipped', () => {
  expect(runAsSomebody({ CONTAINER_TESTS: 'skip' })).toEqual({
    ...{ status: 0, stderr: '' },
    stdout: 'container tests: skipped, because CONTAINER_TESTS=skip is set\n',
  });
});
