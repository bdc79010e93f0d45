import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/run/longest-first.ts';

// biome-ignore lint/style/noDefaultExport: vitest reads the default export
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // For `npm run faults`.
    exclude: ['test/**/*.long.test.ts', 'node_modules/**'],
    globalSetup: ['test/support/run/global-setup.ts'],
    // Known: the SDK wants a newer Node from January 2027 on.
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    // Tests wait for servers, downloads and each other more than for a core: one more than this size of machine has.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    testTimeout: 120_000,
    hookTimeout: 240_000,
  },
});
