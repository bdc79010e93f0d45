import { defineConfig } from 'vitest/config';
import base from './vitest.config.ts';

/** What is measured, not tested: it takes minutes, and its figures stand in the documentation. */
// biome-ignore lint/style/noDefaultExport: vitest reads the default export
export default defineConfig({
  ...base,
  test: { ...base.test, include: ['test/bench/**/*.long.test.ts'], exclude: [], testTimeout: 1_800_000 },
});
