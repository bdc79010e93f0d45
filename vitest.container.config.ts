import { defineConfig } from 'vitest/config';
import base from './vitest.config.ts';

const { projects: _, ...shared } = base.test ?? {};
const skipped = process.env.CONTAINER_TESTS === 'skip';
if (skipped) process.stdout.write('container tests: skipped, because CONTAINER_TESTS=skip is set\n');

/** The image, really built and really run. As root, with podman. */
// biome-ignore lint/style/noDefaultExport: vitest reads the default export
export default defineConfig({
  test: {
    ...shared,
    include: skipped ? [] : ['test/container/**/*.test.ts'],
    passWithNoTests: skipped,
    globalSetup: skipped ? [] : ['test/support/container/global-setup.ts', 'test/support/run/global-setup.ts'],
    setupFiles: ['test/support/run/after-each-file.ts'],
    maxWorkers: 1,
    isolate: false,
    testTimeout: 300_000,
    // One that builds the image comes before all of them.
    hookTimeout: 600_000,
  },
});
