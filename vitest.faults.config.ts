import { defineConfig } from 'vitest/config';
import base from './vitest.config.ts';

/** The whole fault campaign: what `npm test` leaves out for its length, too. */
// biome-ignore lint/style/noDefaultExport: vitest reads the default export
export default defineConfig({
  ...base,
  test: { ...base.test, include: ['test/faults/**/*.test.ts'], exclude: [], testTimeout: 300_000 },
});
