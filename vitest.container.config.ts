import { defineConfig } from 'vitest/config';
import { whyNoPodman } from './test/support/container/podman.ts';
import base from './vitest.config.ts';

const { projects: _, ...shared } = base.test ?? {};
// Before Vitest has begun: what keeps these tests from running is all that is to be read.
if (process.env.CONTAINER_TESTS === 'skip') end(0, 'container tests: skipped, because CONTAINER_TESTS=skip is set');
const why = whyNoPodman();
if (why !== undefined) end(1, `container tests cannot run: ${why}. CONTAINER_TESTS=skip goes on without them.`);

function end(exitCode: number, line: string): never {
  (exitCode === 0 ? process.stdout : process.stderr).write(`${line}\n`);
  process.exit(exitCode);
}

/** The image, really built and really run. As root, with podman. */
// biome-ignore lint/style/noDefaultExport: vitest reads the default export
export default defineConfig({
  test: {
    ...shared,
    include: ['test/container/**/*.test.ts'],
    exclude: process.env.CONTAINER_TESTS === 'long' ? [] : ['test/**/*.long.test.ts'],
    globalSetup: ['test/support/container/global-setup.ts', 'test/support/run/global-setup.ts'],
    setupFiles: ['test/support/run/after-each-file.ts'],
    maxWorkers: 1,
    isolate: false,
    testTimeout: 300_000,
    // One that builds the image comes before all of them.
    hookTimeout: 600_000,
  },
});
