import { defineConfig } from 'vitest/config';
import base from './vitest.config.ts';

const { projects: _, ...shared } = base.test ?? {};

/** What is measured, not tested: it takes minutes, and its figures stand in the documentation. */
// biome-ignore lint/style/noDefaultExport: vitest reads the default export
export default defineConfig({
  test: {
    ...shared,
    include: ['test/bench/**/*.long.test.ts'],
    globalSetup: ['test/support/run/global-setup.ts'],
    setupFiles: ['test/support/run/after-each-file.ts'],
    testTimeout: 1_800_000,
  },
});
