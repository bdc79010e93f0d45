import { tmpdir } from 'node:os';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/run/longest-first.ts';
import { memoryFolder } from './test/support/run/memory-folder.ts';

/** Tests wait for servers, downloads and each other more than for a core. A fifth worker saves nothing, and lets limits pass. */
const maxWorkers = 4;

/**
 * Every 64 MB of buffers make V8 look through the whole heap: archives pass through workers by the gigabyte. Threads that help
 * with that take from the other workers, and marking step by step costs more than all at once.
 */
const oneThread = ['--single-threaded-gc', '--no-incremental-marking'];

// Workers inherit it, and so does all that they start.
process.env.TMPDIR ??= memoryFolder() ?? tmpdir();

// biome-ignore lint/style/noDefaultExport: vitest reads the default export
export default defineConfig({
  test: {
    maxWorkers,
    execArgv: oneThread,
    sequence: { sequencer: LongestFirst },
    testTimeout: 120_000,
    hookTimeout: 240_000,
    projects: [
      {
        extends: true,
        // Rules and words need no server, and share what they import: loading it anew takes longer than they do.
        test: { name: 'unit', include: ['test/unit/**/*.test.ts'], isolate: false },
      },
      {
        extends: true,
        test: {
          name: 'servers',
          include: ['test/{integration,e2e,faults}/**/*.test.ts'],
          // For `npm run faults`.
          exclude: ['test/**/*.long.test.ts'],
          globalSetup: ['test/support/run/global-setup.ts'],
          setupFiles: ['test/support/run/after-each-file.ts'],
          isolate: false,
        },
      },
    ],
  },
});
